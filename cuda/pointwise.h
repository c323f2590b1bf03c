// One op of a program on one value.
#pragma once

#include "program/program.h"

namespace seedaug::cuda {

SEEDAUG_HD float run_op(const Program& program, const ValueOp& op, int channel, float normal,
                        float v) {
  return with_op(op.code, [&](auto what) {
    const Operands<float> with{scalar_a(program, op, channel), scalar_b(program, op, channel),
                               normal};
    return what.apply(v, with);
  });
}

}  // namespace seedaug::cuda
