// Launches the small kernels: one item a thread.
#include <cuda_runtime.h>

#include <algorithm>

#include "cuda/fill_body.h"
#include "cuda/launch.h"

namespace seedaug::cuda {
namespace {

struct FillItem {
  FillBatch batch;
  __device__ void operator()(int64_t item) const { fill_item(batch, item); }
};

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
  return launch_items(FillItem{batch}, fill_items(batch), stream);
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
