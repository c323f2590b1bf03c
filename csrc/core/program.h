// A program: what a Compose compiles to, lowered from its list of numbers to what kernels walk.
//
// Encoding: instructions one after another, each [kind, occurrence, count, arguments ...]; floats
// stand in a list of their own, to which arguments are offsets. docs/stream-format.md lists the
// arguments of each kind.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/geometry.h"
#include "core/kinds.h"

namespace seedaug {

constexpr int64_t kMaxSide =
    INT32_MAX / 4;  // of an image, in pixels: sums of a few stay in 32 bits
constexpr int kMaxInstructions = 32;
constexpr int kMaxValues = 256;
constexpr int kMaxPointwise = 3 * kMaxInstructions;  // an instruction, a conversion, a rounding
constexpr int kMaxTable = 2 * kMaxValues;

// Geometry instructions keep their arguments; their parameters are drawn per sample (sampling.h).
struct GeometryInstruction {
  Kind kind;
  uint8_t occurrence;
  PadMode mode;
  bool pad_if_needed;
  int8_t fill;          // constant pads: which fill
  uint8_t instruction;  // position in the program, for params
  int32_t height, width;
  int32_t left, top, right, bottom;
  uint64_t threshold;  // flips: the gate
};

// One step of arithmetic on a float32 value.
struct PointwiseOp {
  enum class Code : uint8_t {
    scale,      // v * a
    affine,     // fma(v, a[c], b[c])
    noise,      // v + fma(z, a, b), z from the op's own stream
    clamp,      // to [a, b]
    round_u8,   // saturate, ties to even
    trunc_u8,   // saturate, towards zero
    round_f16,  // to nearest even
    round_bf16,
    canonical,  // every NaN becomes the canonical one
  };
  Code code;
  uint8_t occurrence;  // noise
  uint8_t noise;       // noise: which of the program's noise ops
  int16_t table;       // affine: offset of a[channels] in the table, b follows
  int16_t count;       // affine: 1 (all channels alike) or the number of channels
  float a, b;
};

// Constant padding: the value enters the chain where the pad stood in the program.
struct Fill {
  int16_t entry;  // pointwise ops before it
  int16_t table;  // offset of its values in the table (and of their bits in `bits`)
  int16_t count;  // 1 (all channels alike) or the number of channels
};

struct Program {
  DType input, output;
  bool geometry_only;  // and the element type is kept: any element of 1, 2, 4 or 8 bytes
  int instructions, geometries, ops, fills, noises;
  GeometryInstruction geometry[kMaxGeometry];
  PointwiseOp op[kMaxPointwise];
  Fill fill[kMaxGeometry];
  float table[kMaxTable];
  uint64_t bits[kMaxValues];  // geometry_only: the fills as elements, in the lowest bytes
};

}  // namespace seedaug
