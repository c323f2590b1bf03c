#include "cpu/runs.h"

namespace seedaug {

void cut(const AxisMap& axis, std::vector<Run>& runs) {
  runs.clear();
  const bool shift_only =
      axis.steps == 0 || (axis.steps == 1 && axis.step[0].what == AxisStep::What::shift);
  if (shift_only) {
    const int8_t step = axis.steps == 0 ? int8_t{1} : axis.step[0].sign;
    runs.push_back({0, axis.length, axis.source(0), step, -1});
    return;
  }
  for (int32_t i = 0; i < axis.length; ++i) {
    const int32_t from = axis.source(i);
    if (from < 0) {
      const int8_t fill = static_cast<int8_t>(-1 - from);
      if (!runs.empty() && runs.back().fill == fill) {
        ++runs.back().count;
      } else {
        runs.push_back({i, 1, 0, 0, fill});
      }
      continue;
    }
    Run* last = runs.empty() || runs.back().fill >= 0 ? nullptr : &runs.back();
    const int32_t step =
        last == nullptr ? 2 : from - (last->source + last->step * (last->count - 1));
    if (last != nullptr && last->count == 1 && step >= -1 && step <= 1) {
      last->step = static_cast<int8_t>(step);
      ++last->count;
    } else if (last != nullptr && last->count > 1 && step == last->step) {
      ++last->count;
    } else {
      runs.push_back({i, 1, from, 1, -1});
    }
  }
}

void cut(const AxisMap& axis, int32_t begin, int32_t end, std::vector<Band>& bands) {
  bands.clear();
  for (int32_t i = begin; i < end; ++i) {
    const int32_t from = axis.source(i);
    if (!bands.empty()) {
      Band& last = bands.back();
      const int32_t step = from - (last.source + last.step * (last.count - 1));
      const bool same_sort = (from < 0) == (last.source < 0);
      const bool goes_on = from < 0 ? step == 0 : last.count == 1 || step == last.step;
      if (same_sort && goes_on) {
        last.step = step;
        ++last.count;
        continue;
      }
    }
    bands.push_back({i, 1, from, 0});
  }
}

}  // namespace seedaug
