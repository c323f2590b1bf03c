// Torch tensors <-> what the loops and kernels take: types, shapes, strides, memory;
// and the checks on them.
#pragma once

#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/counter.h"
#include "core/dtype.h"

namespace seedaug::torch_ops {

using torch::headeronly::ScalarType;
using torch::stable::Tensor;

// Throws for types that no op takes.
DType element_type(ScalarType type);
std::string shape_text(const std::vector<int64_t>& sizes);
std::string shape_text(const Tensor& t);

// Keys on the host side of an op: [3] or [N, 3], int64, contiguous, on the input's device.
struct Keys {
  Tensor held;  // keeps the memory alive
  const int64_t* data;
  int64_t count;    // N, or 1
  bool per_sample;  // [N, 3]
  int64_t stride() const { return per_sample ? 3 : 0; }
};

// Checks shape and type, and (on the CPU, where they can be read) that each is a packed key.
Keys check_keys(const Tensor& keys, bool on_cuda, int32_t device_index);

// [samples, frames, channels, height, width] with the strides of a tensor, in elements.
struct View {
  int64_t samples, frames, channels, height, width;
  int64_t sample, frame, channel, row, column;
};

// Reads an image tensor: [..., H, W] with [..., C, H, W] where there are three dimensions
// after the sample's. `t` is replaced by a contiguous copy where its leading dimensions
// do not merge into one.
View view_of(Tensor& t, bool per_sample, const char* name);

// channels_last: channels side by side in memory, more than one of them.
bool is_channels_last(const View& view);

enum class MemoryLayout : int64_t { preserve = 0, contiguous = 1, channels_last = 2 };

// Uninitialised images, sizes but for height and width as given, on the device of `like`.
Tensor empty_images(std::vector<int64_t> sizes, int64_t height, int64_t width, ScalarType type,
                    bool channels_last, const Tensor& like);
Tensor empty(const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides,
             ScalarType type, const Tensor& like);
std::vector<int64_t> contiguous_strides(const std::vector<int64_t>& sizes);

// An `out` tensor: no element twice, no memory shared with an input.
void check_writable(const Tensor& out);
void check_apart(const Tensor& out, const Tensor& input);

}  // namespace seedaug::torch_ops
