// What users call things, for error texts.
#pragma once

#include "core/dtype.h"
#include "core/kinds.h"

namespace seedaug {

const char* name_of(Kind kind);  // of a transform; null for kinds that are none
const char* name_of(DType type);

}  // namespace seedaug
