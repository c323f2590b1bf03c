// One op of a chain on one value; `affine` and `noise` are the callers', who have their arguments.
#pragma once

#include "core/program.h"
#include "cuda/convert.h"

namespace seedaug::cuda {

// Calls run(f) with the function of one value that the op is: the choice is made once, for as many
// values as `run` has.
template <class Run>
SEEDAUG_HD void each_op(const PointwiseOp& op, const Run& run) {
  const float a = op.a, b = op.b;
  switch (op.code) {
    case PointwiseOp::Code::scale:
      return run([a](float v) { return v * a; });
    case PointwiseOp::Code::clamp:
      return run([a, b](float v) { return clamp(v, a, b); });
    case PointwiseOp::Code::round_u8:
      return run([](float v) { return round_half_even(saturate_u8(v)); });
    case PointwiseOp::Code::trunc_u8:
      return run([](float v) { return truncate(saturate_u8(v)); });
    case PointwiseOp::Code::round_f16:
      return run([](float v) { return round_half(DType::f16, v); });
    case PointwiseOp::Code::round_bf16:
      return run([](float v) { return round_half(DType::bf16, v); });
    default:
      return run([](float v) { return canonical(v); });
  }
}

SEEDAUG_HD float pointwise(const Program& program, const PointwiseOp& op, int channel, float normal,
                           float v) {
  if (op.code == PointwiseOp::Code::affine) {
    const int at = op.table + (op.count == 1 ? 0 : channel);
    return fused(v, program.table[at], program.table[at + op.count]);
  }
  if (op.code == PointwiseOp::Code::noise) return v + fused(normal, op.a, op.b);
  each_op(op, [&v](const auto& f) { v = f(v); });
  return v;
}

}  // namespace seedaug::cuda
