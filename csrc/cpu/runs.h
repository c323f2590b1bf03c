// An output row as a few stretches that each come from memory in one stride.
#pragma once

#include <cstdint>
#include <vector>

#include "program/axis_map.h"

namespace seedaug {

// Neighbouring columns of an output row that come from memory in one stride: +1, -1, or 0 (one
// source column, or with fill >= 0 a constant).
struct Run {
  int32_t begin, count, source;
  int8_t step, fill;
};

// Cuts the columns of an axis into runs, in order.
void cut(const AxisMap& axis, std::vector<Run>& runs);

// Neighbouring output rows whose source rows follow each other in one stride, or that
// are all of one fill.
struct Band {
  int32_t begin, count;
  int32_t source;  // of the first row; -1 - fill for a fill
  int32_t step;
};

// Cuts the rows begin ... end - 1 of an axis into bands, in order.
void cut(const AxisMap& axis, int32_t begin, int32_t end, std::vector<Band>& bands);

}  // namespace seedaug
