// Launches the small kernels: raw fills, a few packs a thread; the others, one item a thread.
#include <cuda_runtime.h>

#include <algorithm>

#include "cuda/fill_body.h"
#include "cuda/launch.h"

namespace seedaug::cuda {
namespace {

template <class Fill>
__global__ void __launch_bounds__(kThreads)
    fill_kernel(const __grid_constant__ Fill fill, int64_t first) {
  fill.run(first + blockIdx.x, static_cast<int>(threadIdx.x));
}

template <class Fill>
const char* launch_packs(const Fill& fill, void* stream) {
  for (int64_t first = 0; first < fill.blocks(); first += kMaxBlocks) {
    const auto blocks = static_cast<unsigned>(std::min(kMaxBlocks, fill.blocks() - first));
    fill_kernel<<<blocks, kThreads, 0, static_cast<cudaStream_t>(stream)>>>(fill, first);
    const cudaError_t error = cudaGetLastError();
    if (error != cudaSuccess) return cudaGetErrorString(error);
  }
  return nullptr;
}

struct BoxMullerItem {
  BoxMullerBatch batch;
  __device__ void operator()(int64_t item) const { box_muller_item(batch, item); }
};

struct ParamsItem {
  ParamsBatch batch;
  Program program;
  __device__ void operator()(int64_t item) const {
    ParamsBatch here = batch;
    here.program = &program;
    write_params(here, item);
  }
};

struct BackwardItem {
  BackwardBatch batch;
  Program program;
  __device__ void operator()(int64_t item) const { backward_item(batch, program, item); }
};

template <class Item>
__global__ void __launch_bounds__(kThreads)
    item_kernel(const __grid_constant__ Item item, int64_t first, int64_t count) {
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i < count) item(first + i);
}

template <class Item>
const char* launch_items(const Item& item, int64_t items, void* stream) {
  constexpr int64_t kMost = kMaxBlocks * kThreads;
  for (int64_t first = 0; first < items; first += kMost) {
    const int64_t count = std::min(kMost, items - first);
    const Grid grid = grid_for(count);
    item_kernel<<<static_cast<unsigned>(grid.blocks), grid.threads, 0,
                  static_cast<cudaStream_t>(stream)>>>(item, first, count);
    const cudaError_t error = cudaGetLastError();
    if (error != cudaSuccess) return cudaGetErrorString(error);
  }
  return nullptr;
}

}  // namespace

const char* launch_fill(const FillBatch& batch, void* stream) {
  return with_fill(batch, [stream](const auto& fill) { return launch_packs(fill, stream); });
}

const char* launch_box_muller(const BoxMullerBatch& batch, void* stream) {
  return launch_items(BoxMullerItem{batch}, batch.pairs, stream);
}

const char* launch_params(const ParamsBatch& batch, void* stream) {
  return launch_items(ParamsItem{batch, *batch.program}, batch.samples, stream);
}

const char* launch_backward(const BackwardBatch& batch, void* stream) {
  return launch_items(BackwardItem{batch, *batch.program}, backward_items(batch), stream);
}

}  // namespace seedaug::cuda
