// An output row as a few stretches that each come from memory in one stride.
#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry.h"

namespace seedaug {

// Neighbouring columns of an output row that come from memory in one stride: +1, -1, or 0 (one
// source column, or with fill >= 0 a constant).
struct Run {
  int32_t begin, count, source;
  int8_t step, fill;
};

// Cuts the columns of an axis into runs, in order.
void cut(const AxisMap& axis, std::vector<Run>& runs);

}  // namespace seedaug
