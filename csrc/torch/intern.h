// Programs that are run again and again, kept lowered: the eager path for single images hands over
// a number instead of two lists, which would take longer to convert than a small image to augment.
#pragma once

#include "torch/tensors.h"

namespace seedaug::torch_ops {

// The number of a program for this process, the same for equal arguments; -1
// when too many are kept.
int64_t intern(std::vector<int64_t> program, std::vector<double> values, ScalarType dtype,
               int64_t layout);

// augment for one key, given as its three packed words; into a new tensor, or into out[row].
Tensor augment_interned(Tensor input, int64_t seed, int64_t low, int64_t high, int64_t handle);
void augment_interned_out(Tensor input, int64_t seed, int64_t low, int64_t high, int64_t handle,
                          Tensor out, int64_t row);

}  // namespace seedaug::torch_ops
