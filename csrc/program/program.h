// A program: what a Compose compiles to, lowered from its list of numbers to what kernels walk.
//
// Encoding: instructions one after another, each [kind, occurrence, count, arguments ...]; floats
// stand in a list of their own, to which arguments are offsets. docs/stream-format.md lists the
// arguments of each kind.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "program/registry.h"

namespace seedaug {

constexpr int kMaxInstructions = 32;
constexpr int kMaxValues = 256;
constexpr int kMaxOps = 3 * kMaxInstructions;  // an instruction, a conversion, a rounding
constexpr int kMaxTable = 2 * kMaxValues;

// Maps keep their arguments; what is drawn is drawn for each sample (sample.h).
struct MapInstruction {
  Kind kind;
  uint8_t occurrence;
  uint8_t instruction;  // position in the program, for params
  MapArgs args;
};

// An op in the chain: which, and its scalars for all channels or for each.
struct ValueOp {
  OpCode code;
  uint8_t occurrence;  // where it draws
  uint8_t kind;        // of its stream
  uint8_t normals;     // where it takes normals: which of the program's ops that do
  int16_t table;       // offset of a[channels] in the table, b follows
  int16_t count;       // 0: a and b for all channels; else 1, or the number of channels
  float a, b;
};

// What constant padding puts around an image, in the units of the input.
struct Fill {
  int16_t table;  // offset of its values in the table (and of their bits in `bits`)
  int16_t count;  // 1 (all channels alike) or the number of channels
};

struct Program {
  DType input, output;
  bool copies;  // there is no arithmetic and the type is kept: any element of 1, 2, 4 or 8 bytes
  int instructions, maps, ops, fills, normal_ops;
  MapInstruction map[kMaxMaps];
  ValueOp op[kMaxOps];
  Fill fill[kMaxMaps];
  float table[kMaxTable];
  uint64_t bits[kMaxValues];  // the fills as elements, in the lowest bytes
};

// The scalars of an op for a channel.
SEEDAUG_HD float scalar_a(const Program& program, const ValueOp& op, int channel) {
  if (op.count == 0) return op.a;
  return program.table[op.table + (op.count == 1 ? 0 : channel)];
}
SEEDAUG_HD float scalar_b(const Program& program, const ValueOp& op, int channel) {
  if (op.count == 0) return op.b;
  return program.table[op.table + op.count + (op.count == 1 ? 0 : channel)];
}

}  // namespace seedaug
