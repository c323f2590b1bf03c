// The ops: their C++ side, registered by schemas.cpp.
#pragma once

#include <array>
#include <functional>

#include "program/lower.h"
#include "torch/tensors.h"

namespace seedaug::torch_ops {

inline EncodedProgram encode(const std::vector<int64_t>& program,
                             const std::vector<double>& values) {
  return {program.data(), static_cast<int64_t>(program.size()), values.data(),
          static_cast<int64_t>(values.size())};
}

Tensor augment(Tensor input, Tensor keys, std::vector<int64_t> program, std::vector<double> values,
               ScalarType dtype, int64_t layout);
Tensor augment_key(Tensor input, int64_t seed, int64_t low, int64_t high,
                   std::vector<int64_t> program, std::vector<double> values, ScalarType dtype,
                   int64_t layout);

// Gives the lowered program for images of a type and a number of channels.
using ProgramFinder = std::function<const Program&(DType element, int64_t channels)>;
Tensor augment_one_key(Tensor input, const std::array<int64_t, 3>& words, const ProgramFinder& find,
                       ScalarType dtype, int64_t layout);
// The same into out[row].
void augment_one_key_out(Tensor input, const std::array<int64_t, 3>& words,
                         const ProgramFinder& find, Tensor out, int64_t row);

void augment_out(Tensor input, Tensor keys, std::vector<int64_t> program,
                 std::vector<double> values, Tensor out);
void augment_rows_out(Tensor input, Tensor rows, Tensor keys, std::vector<int64_t> program,
                      std::vector<double> values, Tensor out);
Tensor augment_list(std::vector<Tensor> inputs, Tensor keys, std::vector<int64_t> program,
                    std::vector<double> values, ScalarType dtype, int64_t layout);
void augment_list_out(std::vector<Tensor> inputs, Tensor keys, std::vector<int64_t> program,
                      std::vector<double> values, Tensor out);
Tensor augment_backward(Tensor gradient, Tensor keys, std::vector<int64_t> program,
                        std::vector<double> values, std::vector<int64_t> input_size,
                        ScalarType dtype);
Tensor params(Tensor keys, std::vector<int64_t> program, std::vector<double> values, int64_t height,
              int64_t width);
Tensor fill(Tensor keys, int64_t kind, int64_t occurrence, std::vector<int64_t> shape,
            ScalarType dtype);
Tensor box_muller(Tensor words);

}  // namespace seedaug::torch_ops
