// The gradient of a program with respect to its input: the same geometry, read the other way round.
#pragma once

#include <cstdint>

#include "program/batch.h"

namespace seedaug {

// Null if the program is affine (no clamp, no rounding to integers), else what stands in the way.
const char* not_differentiable(const Program& program);

// Does planes begin ... end - 1 of the N * T * C. Where padding reads a pixel several times, its
// gradients are added in float32, rows first, columns within them: the same order on every device.
void backward(const BackwardBatch& batch, int64_t begin, int64_t end);

}  // namespace seedaug
