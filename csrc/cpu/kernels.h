// The loops that are built once per instruction set, as a table of functions;
// kernels() picks one at load.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/counter.h"
#include "program/program.h"

namespace seedaug {

// Where a row's elements come from: forwards or backwards through memory, or one value for all.
enum class Walk : uint8_t { forward = 0, backward = 1, constant = 2 };
constexpr int kWalks = 3;

// The same stretch of some output rows: target[r][i] = ops(source[r][i]), unit stride within a row.
struct Rows {
  const void* source;  // the first element read; constant: a float
  void* target;
  int64_t count;  // columns
  int64_t rows;
  int64_t source_pitch, target_pitch;  // bytes from row to row; a constant's pitch is 0
  const ValueOp* ops;                  // with this channel's a and b
  int op_count;
  const float*
      normals;  // an op whose normals are the k-th reads normals[k * normals_plane + r * normals_pitch + i];
  int64_t normals_plane;  // readable to kVectorSlack beyond the last
  int64_t normals_pitch;
};

constexpr int kVectorSlack = 16;  // elements that a vector may read beyond a buffer of normals

using RowsFunction = void (*)(const Rows&);

struct Kernels {
  const char* name;
  // `count` words of blocks first_block ... , `count` a multiple of 4.
  void (*words)(const Stream& stream, uint32_t first_block, int64_t count, uint32_t* out);
  // Elements first ... first + count - 1 of a stream.
  void (*element_words)(const Stream& stream, uint64_t first, int64_t count, uint32_t* out);
  void (*uniforms)(const Stream& stream, uint64_t first, int64_t count, float* out);
  void (*normals)(const Stream& stream, uint64_t first, int64_t count, float* out);
  // Pairs of words to pairs of normals.
  void (*box_muller)(const uint32_t* words, int64_t pairs, float* out);
  RowsFunction rows[4][kWalks][4];  // [input][walk][output]
  // out[i] = source[-i], elements of 1, 2, 4 or 8 bytes
  void (*reverse)(int element_size, const void* source, int64_t count, void* out);
  // planes[c][x] = pixels[x][c] and back; plane c starts at planes + c * pitch elements.
  void (*deinterleave)(int element_size, const void* pixels, int channels, int64_t count,
                       void* planes, int64_t pitch);
  void (*interleave)(int element_size, const void* planes, int64_t pitch, int channels,
                     int64_t count, void* pixels);
};

// The table in use: the best that the processor can run, or the one that SEEDAUG_ISA names.
const Kernels& kernels();

// Names of the tables that this build has and this processor can run, best first, ended by nullptr.
const char* const* available_isas();

// Forces a table by name for this process (tests); false if it is not available.
bool use_isa(const char* name);

}  // namespace seedaug
