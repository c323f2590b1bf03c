#include "cpu/runs.h"

#include <algorithm>

namespace seedaug {
namespace {

// What nearly every axis is: one stretch of the source, forwards or backwards, and one fill around
// it.
struct Stretch {
  int32_t begin, end;    // output coordinates of the source's stretch, perhaps none
  int32_t sign, offset;  // which come from sign * i + offset
  int8_t fill;           // of what lies outside
};

bool as_stretch(const AxisMap& axis, Stretch& found) {
  const AxisStep* step = axis.step;
  int left = axis.steps;
  found = {0, axis.length, 1, 0, -1};
  int32_t pad_offset = 0, pad_length = 0;
  if (left > 0 && step->what == AxisStep::What::pad && step->mode == PadMode::constant) {
    pad_offset = step->offset;
    pad_length = step->length;
    found.fill = step->fill;
    ++step;
    --left;
  }
  if (left > 0 && step->what == AxisStep::What::shift) {
    found.sign = step->sign;
    found.offset = step->offset;
    --left;
  }
  if (left > 0) return false;
  if (found.fill < 0) return true;
  found.offset -= pad_offset;
  // 0 <= sign * i + offset < pad_length
  const int32_t first = found.sign > 0 ? -found.offset : found.offset - pad_length + 1;
  found.begin = std::clamp(first, 0, axis.length);
  found.end = std::clamp(first + pad_length, found.begin, axis.length);
  return true;
}

}  // namespace

void cut(const AxisMap& axis, std::vector<Run>& runs) {
  runs.clear();
  Stretch whole;
  if (as_stretch(axis, whole)) {
    const auto fill = [&](int32_t begin, int32_t end) {
      if (begin < end) runs.push_back({begin, end - begin, 0, 0, whole.fill});
    };
    fill(0, whole.begin);
    if (whole.begin < whole.end) {
      runs.push_back({whole.begin, whole.end - whole.begin, whole.sign * whole.begin + whole.offset,
                      static_cast<int8_t>(whole.sign), -1});
    }
    fill(whole.end, axis.length);
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
  Stretch whole;
  if (as_stretch(axis, whole)) {
    const auto add = [&](int32_t from, int32_t to, bool outside) {
      const int32_t first = std::max(from, begin), count = std::min(to, end) - first;
      if (count <= 0) return;
      if (outside) {
        bands.push_back({first, count, -1 - whole.fill, 0});
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
