#include "cpu/runs.h"

#include <algorithm>

namespace seedaug {
namespace {

// What nearly every axis is: one stretch of the source and one fill around it. -1: no fill.
bool has_one_fill(const AxisMap& axis, int8_t& fill) {
  fill = -1;
  for (int s = 0; s < axis.steps; ++s) {
    const AxisStep& at = axis.step[s];
    if (at.what != AxisStep::What::pad) continue;
    if (at.mode != PadMode::constant || (fill >= 0 && at.fill != fill)) return false;
    fill = at.fill;
  }
  return true;
}

Stretch inside(const AxisMap& axis) {
  Stretch found = axis.inside();
  found.begin = std::min(found.begin, axis.length);
  found.end = std::max(found.begin, found.end);
  return found;
}

}  // namespace

void cut(const AxisMap& axis, std::vector<Run>& runs) {
  runs.clear();
  int8_t fill;
  if (has_one_fill(axis, fill)) {
    const Stretch whole = inside(axis);
    const auto add = [&](int32_t begin, int32_t end) {
      if (begin < end) runs.push_back({begin, end - begin, 0, 0, fill});
    };
    add(0, whole.begin);
    if (whole.begin < whole.end) {
      runs.push_back({whole.begin, whole.end - whole.begin, whole.sign * whole.begin + whole.offset,
                      static_cast<int8_t>(whole.sign), -1});
    }
    add(whole.end, axis.length);
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
  int8_t fill;
  if (has_one_fill(axis, fill)) {
    const Stretch whole = inside(axis);
    const auto add = [&](int32_t from, int32_t to, bool outside) {
      const int32_t first = std::max(from, begin), count = std::min(to, end) - first;
      if (count <= 0) return;
      if (outside) {
        bands.push_back({first, count, -1 - fill, 0});
      } else {
        bands.push_back({first, count, whole.sign * first + whole.offset, whole.sign});
      }
    };
    add(0, whole.begin, true);
    add(whole.begin, whole.end, false);
    add(whole.end, axis.length, true);
    return;
  }
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
