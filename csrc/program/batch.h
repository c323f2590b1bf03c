// What a run over a batch is given: pixels, strides, keys. Pointers are the host's or the device's.
#pragma once

#include <cstdint>

#include "program/program.h"

namespace seedaug {

// One sample's pixels, any strides (in elements).
struct Source {
  const char* data;
  int32_t height, width;
  int64_t frame, channel, row, column;
};

struct Target {
  char* data;
  int32_t height, width;
  int64_t sample, frame, channel, row, column;
};

struct Batch {
  const Program* program;
  DType element;  // of the source: where geometry only copies, any type
  int64_t samples, frames, channels;
  const Source* sources;  // always the host's: [samples] if sources_differ, else [1]
  bool sources_differ;
  int64_t source_stride;  // bytes from sample to sample, unless sources_differ
  const int64_t* keys;    // [samples, 3] packed keys, or one of them and key_stride 0
  int64_t key_stride;
  Target target;
  // The host's: sample n is row rows[n] of the source. Null: it is row n.
  const int64_t* rows = nullptr;
};

struct BackwardBatch {
  const Program* program;
  int64_t samples, frames, channels;
  int32_t height, width;          // of the input
  int32_t out_height, out_width;  // of the output, whose gradient is given
  const int64_t* keys;            // [samples, 3], or one of them and key_stride 0
  int64_t key_stride;
  const char* gradient;  // [N, T, C, out_height, out_width], contiguous, of type program->output
  char* result;          // [N, T, C, height, width], contiguous, of type program->input
};

// Pairs of words to pairs of normals, for exhaustive tests.
struct BoxMullerBatch {
  const uint32_t* words;
  int64_t pairs;
  float* result;
};

// Raw values for N keys.
enum class Filling : uint8_t { words, uniform, normal };

struct FillBatch {
  Filling what;
  uint32_t kind, occurrence;
  const int64_t* keys;
  int64_t samples, key_stride;
  int64_t elements;  // of one sample
  DType type;        // words: u32
  char* result;      // [samples, elements], contiguous
};

constexpr int kDrawnFields = 6;

struct ParamsBatch {
  const Program* program;
  const int64_t* keys;
  int64_t samples, key_stride;
  int32_t height, width;
  int64_t* result;  // [samples, instructions, kDrawnFields], zeroed
};

}  // namespace seedaug
