// From the list of numbers that a Compose sends to the Program that kernels walk;
// every check is made here.
#pragma once

#include <cstdint>
#include <string>

#include "program/program.h"

namespace seedaug {

struct EncodedProgram {
  const int64_t* code;
  int64_t code_length;
  const double* values;
  int64_t value_count;
};

// Lowers a program for images of `channels` channels of type `input`, to end in type `output`.
// Returns what is wrong, or an empty string.
std::string lower(const EncodedProgram& encoded, DType input, DType output, int64_t channels,
                  Program& program);

// The same where only the maps matter: any number of channels, any type at the end.
std::string lower_maps(const EncodedProgram& encoded, Program& program);

struct ImageSize {
  int64_t height, width;
};

// Checks the maps for images of one size and says what comes out. Returns what
// is wrong, or nothing.
std::string output_size(const Program& program, ImageSize image, ImageSize& result);

}  // namespace seedaug
