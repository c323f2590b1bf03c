// Runs a batch as the CUDA launcher would, its grid walked in plain loops: every block, in it every
// phase, in that every thread.
#pragma once

#include <memory>
#include <type_traits>

#include "check.h"
#include "cuda/dispatch.h"
#include "cuda/element_body.h"

namespace seedaug::test {

template <class What, class Arguments>
void walk_packs(const Arguments& arguments) {
  const cuda::Layout& l = cuda::layout_of(arguments);
  const auto blocks = static_cast<uint32_t>(cuda::blocks_for(l, l.samples));
  for (uint32_t block = 0; block < blocks; ++block) {
    const auto state = std::make_unique<cuda::BlockState>();
    for (int thread = 0; thread < l.threads; ++thread) {
      cuda::begin_block<What::kOut>(arguments, block, thread, *state);
    }
    for (int thread = 0; thread < l.threads; ++thread) {
      cuda::run_block<What>(arguments, *state, block, thread);
    }
  }
}

template <class Arguments>
void walk_program(const cuda::Plan& plan, const Arguments& arguments) {
  const auto run = [&](auto what) { walk_packs<decltype(what)>(arguments); };
  if (std::is_same_v<Arguments, cuda::ListArguments> || plan.walk == cuda::Walk::pixels) {
    return cuda::with_pixels(plan, run);
  }
  if constexpr (!std::is_same_v<Arguments, cuda::ListArguments>) cuda::with_flat(plan, run);
}

template <class Arguments>
void walk_elements(const Arguments& arguments, int64_t samples) {
  const cuda::ElementArguments& a = cuda::common(arguments);
  for (int64_t block = 0; block < samples * a.tiles; ++block) {
    cuda::ElementSample sample;
    cuda::begin_element_block(arguments, block, sample);
    for (int thread = 0; thread < cuda::kThreads; ++thread) {
      if (block % 2 == 0) {
        cuda::run_element_thread<uint32_t>(a, sample, block, thread);
      } else {
        cuda::run_element_thread<uint64_t>(a, sample, block, thread);
      }
    }
  }
}

// By the element kernel, whatever the plan would be.
inline void run_as_elements(const Batch& batch) {
  if (!batch.sources_differ) {
    return walk_elements(cuda::element_arguments(batch), batch.samples);
  }
  const auto list = std::make_unique<cuda::ElementListArguments>();
  list->shared = cuda::element_arguments(batch);
  CHECK(batch.samples <= cuda::kElementSources, "too many images for one launch");
  for (int64_t n = 0; n < batch.samples; ++n) list->sources[n] = batch.sources[n];
  walk_elements(*list, batch.samples);
}

// In two launches if there are samples enough, as for a batch of too many blocks. Returns the plan.
inline cuda::Plan run_as_cuda(const Batch& batch, int multiprocessors) {
  const auto list = std::make_unique<cuda::ListArguments>();
  cuda::ProgramArguments& shared = list->shared;
  cuda::ChainArguments chain;
  const cuda::Plan plan = cuda::make_plan(batch, multiprocessors, shared.layout, chain);
  if (plan.walk == cuda::Walk::element) {
    run_as_elements(batch);
    return plan;
  }
  shared.program = *batch.program;
  const int64_t half = (batch.samples + 1) / 2;
  for (int64_t first = 0; first < batch.samples; first += half) {
    shared.layout.first_sample = first;
    shared.layout.samples = std::min(half, batch.samples - first);
    for (int64_t n = 0; plan.list && n < shared.layout.samples; ++n) {
      list->source[n] = cuda::list_source(batch.sources[first + n], shared.layout);
    }
    if (plan.list) {
      walk_program(plan, *list);
    } else if (plan.deed == cuda::Deed::chain || plan.deed == cuda::Deed::noisy_chain) {
      chain.layout = shared.layout;
      cuda::with_chain(plan, batch.program->output,
                       [&](auto what) { walk_packs<decltype(what)>(chain); });
    } else {
      walk_program(plan, shared);
    }
  }
  return plan;
}

}  // namespace seedaug::test
