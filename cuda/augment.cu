// Launches the fused kernels: one launch for a batch (a list: one for every kListSources images).
#include <cuda_runtime.h>

#include <algorithm>
#include <type_traits>

#include "cuda/dispatch.h"
#include "cuda/element_body.h"
#include "cuda/launch.h"

namespace seedaug::cuda {
namespace {

// Blocks for each multiprocessor that the registers of a kernel are to allow: without noise there
// must be loads of many warps under way, with it more warps than one to take turns. Turing has room
// for 1024 threads only.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
constexpr int kMostBlocks = 4;
#else
constexpr int kMostBlocks = 5;
#endif
template <class What>
constexpr int kBlocksAtOnce = 1;
template <DType kType, bool kNoise>
constexpr int kBlocksAtOnce<Chain<kType, kNoise>> = kNoise ? 3 : kMostBlocks;

template <class What, class Arguments>
__global__ void __launch_bounds__(kThreads, kBlocksAtOnce<What>)
    augment_kernel(const __grid_constant__ Arguments arguments) {
  __shared__ BlockState state;
  const auto thread = static_cast<int>(threadIdx.x);
  begin_block<What::kOut>(arguments, blockIdx.x, thread, state);
  __syncthreads();
  run_block<What>(arguments, state, blockIdx.x, thread);
}

template <class Index, class Arguments>
__global__ void __launch_bounds__(kThreads)
    element_kernel(const __grid_constant__ Arguments arguments) {
  __shared__ ElementSample sample;
  if (threadIdx.x == 0) begin_element_block(arguments, blockIdx.x, sample);
  __syncthreads();
  run_element_thread<Index>(common(arguments), sample, blockIdx.x, static_cast<int>(threadIdx.x));
}

const char* last_error() {
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

int multiprocessors() {
  int device = 0, count = 0;
  if (cudaGetDevice(&device) != cudaSuccess) return 1;
  cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device);
  return std::max(count, 1);
}

template <class What, class Arguments>
void launch_pack(const Arguments& arguments, void* stream) {
  const Layout& l = layout_of(arguments);
  const auto blocks = static_cast<unsigned>(blocks_for(l, l.samples));
  augment_kernel<What>
      <<<blocks, static_cast<unsigned>(l.threads), 0, static_cast<cudaStream_t>(stream)>>>(
          arguments);
}

template <class Arguments>
void launch_program(const Plan& plan, const Arguments& arguments, void* stream) {
  const auto run = [&](auto what) { launch_pack<decltype(what)>(arguments, stream); };
  if constexpr (std::is_same_v<Arguments, ListArguments>) {
    with_pixels(plan, run);
  } else if (plan.walk == Walk::pixels) {
    with_pixels(plan, run);
  } else {
    with_flat(plan, run);
  }
}

// Calls launch(first, samples) until all samples are had, `most` at a time.
template <class Launch>
const char* in_turns(int64_t samples, int64_t most, const Launch& launch) {
  for (int64_t first = 0; first < samples; first += most) {
    launch(first, std::min(most, samples - first));
    if (const char* error = last_error()) return error;
  }
  return nullptr;
}

const char* launch_list(const Batch& batch, const Plan& plan, const Layout& layout, void* stream) {
  ListArguments list;
  list.shared.layout = layout;
  list.shared.program = *batch.program;
  const int64_t most = std::clamp<int64_t>(kMaxBlocks / layout.tiles, 1, kListSources);
  return in_turns(batch.samples, most, [&](int64_t first, int64_t samples) {
    list.shared.layout.first_sample = first;
    list.shared.layout.samples = samples;
    for (int64_t n = 0; n < samples; ++n) {
      list.source[n] = list_source(batch.sources[first + n], layout);
    }
    launch_program(plan, list, stream);
  });
}

template <class Arguments>
const char* launch_elements(Arguments& arguments, const Batch& batch, void* stream) {
  ElementArguments& a = common(arguments);
  if (a.elements == 0) return nullptr;
  int64_t most = std::max<int64_t>(kMaxBlocks / a.tiles, 1);
  if (batch.sources_differ) most = std::min<int64_t>(most, kElementSources);
  return in_turns(batch.samples, most, [&](int64_t first, int64_t samples) {
    a.first_sample = first;
    if constexpr (std::is_same_v<Arguments, ElementListArguments>) {
      std::copy_n(batch.sources + first, samples, arguments.sources);
    }
    const auto blocks = static_cast<unsigned>(samples * a.tiles);
    const auto on = static_cast<cudaStream_t>(stream);
    if constexpr (std::is_same_v<Arguments, ElementListArguments>) {
      element_kernel<uint64_t><<<blocks, kThreads, 0, on>>>(arguments);
    } else if (fits_32_bits(a)) {
      element_kernel<uint32_t><<<blocks, kThreads, 0, on>>>(arguments);
    } else {
      element_kernel<uint64_t><<<blocks, kThreads, 0, on>>>(arguments);
    }
  });
}

}  // namespace

const char* launch_augment(const Batch& batch, void* stream) {
  ProgramArguments arguments;
  Layout& layout = arguments.layout;
  ChainArguments chain;
  const Plan plan = make_plan(batch, multiprocessors(), layout, chain);
  if (plan.walk == Walk::element) {
    if (batch.sources_differ) {
      ElementListArguments list;
      list.shared = element_arguments(batch);
      return launch_elements(list, batch, stream);
    }
    ElementArguments one = element_arguments(batch);
    return launch_elements(one, batch, stream);
  }
  if (plan.list) return launch_list(batch, plan, layout, stream);
  const int64_t most = std::max<int64_t>(kMaxBlocks / layout.tiles, 1);
  const bool is_chain = plan.deed == Deed::chain || plan.deed == Deed::noisy_chain;
  if (!is_chain) arguments.program = *batch.program;
  return in_turns(batch.samples, most, [&](int64_t first, int64_t samples) {
    layout.first_sample = first;
    layout.samples = samples;
    if (is_chain) {
      chain.layout = layout;
      with_chain(plan, batch.program->output,
                 [&](auto what) { launch_pack<decltype(what)>(chain, stream); });
    } else {
      launch_program(plan, arguments, stream);
    }
  });
}

}  // namespace seedaug::cuda
