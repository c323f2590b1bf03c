// Raw words, uniforms and normals for N keys, and the parameters that a program draws for them.
#pragma once

#include <cstdint>

#include "program/batch.h"

namespace seedaug {

// Elements begin ... end - 1 of the samples * elements, in any type (rounded
// from the float32 value).
void fill(const FillBatch& batch, int64_t begin, int64_t end);

void params(const ParamsBatch& batch);

}  // namespace seedaug
