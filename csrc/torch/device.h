// Where a batch runs: the thread pool of torch, or a CUDA stream.
#pragma once

#include "torch/tensors.h"

namespace seedaug::torch_ops {

constexpr int64_t kParallelElements = 32768;  // below, a second thread costs more than it brings

// Calls f(begin, end) over [0, count), in threads if there is work for them.
template <class Function>
void run_units(int64_t count, int64_t elements_per_unit, const Function& f) {
  const int64_t grain =
      elements_per_unit >= kParallelElements ? 1 : kParallelElements / (elements_per_unit + 1) + 1;
  if (count <= grain) {
    if (count > 0) f(int64_t{0}, count);
    return;
  }
  torch::stable::parallel_for(0, count, grain, f);
}

// Stops with a clear text where this build has no CUDA.
void require_cuda_build();

// torch's current stream of a device.
void* current_stream(int32_t device_index);

}  // namespace seedaug::torch_ops
