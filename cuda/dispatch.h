// From a plan to the kernel's template: run(What{}) for what the plan says. Host code, shared by
// the launcher and by the test that walks the grids.
#pragma once

#include "cuda/pack_body.h"
#include "cuda/plan.h"

namespace seedaug::cuda {

template <class Run>
void with_chain(const Plan& plan, DType output, const Run& run) {
  const bool noise = plan.deed == Deed::noisy_chain;
  if (output == DType::f16) {
    return noise ? run(Chain<DType::f16, true>{}) : run(Chain<DType::f16, false>{});
  }
  if (output == DType::bf16) {
    return noise ? run(Chain<DType::bf16, true>{}) : run(Chain<DType::bf16, false>{});
  }
  return noise ? run(Chain<DType::f32, true>{}) : run(Chain<DType::f32, false>{});
}

// Three channels of bytes.
template <class Run>
void with_pixels(const Plan& plan, const Run& run) {
  if (plan.deed == Deed::copy) return run(Copy<1, 3>{});
  if (plan.out == 1) return run(Interpret<1, 1, 3>{});
  if (plan.out == 2) return run(Interpret<1, 2, 3>{});
  return run(Interpret<1, 4, 3>{});
}

template <int kIn, class Run>
void with_output(const Plan& plan, const Run& run) {
  if constexpr (kIn == 1) {
    if (plan.out == 1) return run(Interpret<kIn, 1, 1>{});
  }
  if (plan.out == 2) return run(Interpret<kIn, 2, 1>{});
  return run(Interpret<kIn, 4, 1>{});
}

template <class Run>
void with_flat(const Plan& plan, const Run& run) {
  if (plan.deed == Deed::copy) {
    if (plan.in == 1) return run(Copy<1, 1>{});
    if (plan.in == 2) return run(Copy<2, 1>{});
    if (plan.in == 4) return run(Copy<4, 1>{});
    return run(Copy<8, 1>{});
  }
  if (plan.in == 1) return with_output<1>(plan, run);
  if (plan.in == 2) return with_output<2>(plan, run);
  return with_output<4>(plan, run);
}

}  // namespace seedaug::cuda
