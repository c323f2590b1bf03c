// Launches the fused kernel: one launch for a batch (a list: one for every kListSources images).
#include <cuda_runtime.h>

#include <algorithm>

#include "cuda/augment_body.h"
#include "cuda/launch.h"

namespace seedaug::cuda {
namespace {

template <class Index, class Arguments>
__global__ void __launch_bounds__(kThreads)
    augment_kernel(const __grid_constant__ Arguments arguments) {
  __shared__ BlockSample sample;
  if (threadIdx.x == 0) begin_block(arguments, blockIdx.x, sample);
  __syncthreads();
  run_thread<Index>(common(arguments), sample, blockIdx.x, static_cast<int>(threadIdx.x));
}

template <class Arguments>
const char* launch(const Arguments& arguments, int64_t samples, void* stream) {
  const AugmentArguments& a = common(arguments);
  const auto blocks = static_cast<unsigned>(samples * a.tiles);
  const auto on = static_cast<cudaStream_t>(stream);
  if (fits_32_bits(a)) {
    augment_kernel<uint32_t><<<blocks, kThreads, 0, on>>>(arguments);
  } else {
    augment_kernel<uint64_t><<<blocks, kThreads, 0, on>>>(arguments);
  }
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace

const char* launch_augment(const Batch& batch, void* stream) {
  ListArguments list;
  list.shared = augment_arguments(batch);
  AugmentArguments& a = list.shared;
  if (a.elements == 0) return nullptr;
  int64_t most = std::max<int64_t>(kMaxBlocks / a.tiles, 1);
  if (batch.sources_differ) most = std::min<int64_t>(most, kListSources);
  for (; a.first_sample < batch.samples; a.first_sample += most) {
    const int64_t samples = std::min(most, batch.samples - a.first_sample);
    const char* error;
    if (batch.sources_differ) {
      std::copy_n(batch.sources + a.first_sample, samples, list.sources);
      error = launch(list, samples, stream);
    } else {
      error = launch(a, samples, stream);
    }
    if (error != nullptr) return error;
  }
  return nullptr;
}

}  // namespace seedaug::cuda
