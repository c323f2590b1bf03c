// What the gradient of a program needs, on the host and on the device.
#pragma once

#include <cmath>

#include "core/element.h"
#include "program/program.h"
#include "program/sample.h"

namespace seedaug {

// Gradients are summed in float32, those of float64 (geometry alone) in float64.
SEEDAUG_HD constexpr bool sums_in_double(const Program& program) {
  return program.output == DType::f64;
}

template <class Sum>
SEEDAUG_HD Sum read_gradient(DType type, const void* at) {
  if constexpr (sizeof(Sum) == sizeof(double)) return *static_cast<const double*>(at);
  return read_element(type, at);
}

SEEDAUG_HD void write_gradient(DType type, float sum, void* at) {
  write_element(type, canonical(sum), at);
}
SEEDAUG_HD void write_gradient(DType, double sum, void* at) {
  *static_cast<double*>(at) = sum == sum ? sum : static_cast<double>(canonical(NAN));
}

// The factor that the chain applies to a channel's values.
SEEDAUG_HD float channel_slope(const Program& program, int channel) {
  float slope = 1.0f;
  for (int k = 0; k < program.ops; ++k) {
    const ValueOp& op = program.op[k];
    with_op(op.code, [&](auto what) {
      if constexpr (decltype(what)::kSlope == Slope::a)
        slope = slope * scalar_a(program, op, channel);
    });
  }
  return slope;
}

}  // namespace seedaug
