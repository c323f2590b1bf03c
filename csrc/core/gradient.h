// What the gradient of a program needs, on the host and on the device.
#pragma once

#include "core/program.h"
#include "core/sampling.h"

namespace seedaug {

// The factor that the chain applies to a channel's values.
SEEDAUG_HD float channel_slope(const Program& program, int channel) {
  float slope = 1.0f;
  for (int k = 0; k < program.ops; ++k) {
    const PointwiseOp& op = program.op[k];
    if (op.code == PointwiseOp::Code::scale) slope = slope * op.a;
    if (op.code == PointwiseOp::Code::affine) {
      slope = slope * program.table[op.table + (op.count == 1 ? 0 : channel)];
    }
  }
  return slope;
}

}  // namespace seedaug
