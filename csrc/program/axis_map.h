// Where each output pixel comes from: crop, pad and flip as maps of one axis, composed
// and evaluated backwards.
//
//   source           0 ............ n-1
//   padded    -b ... 0 ............ n-1 ... n-1+a
//   cropped                [ 0 ... m-1 ]
//   flipped                [ m-1 ... 0 ]
//
// AxisMap::source(i) walks upwards: from an output coordinate to one of the source, or to the fill
// of a constant pad, which it returns as -1 - fill.
#pragma once

#include <cstdint>

#include "core/target.h"

namespace seedaug {

enum class PadMode : uint8_t { constant = 0, edge = 1, reflect = 2, symmetric = 3 };

constexpr int kMaxMaps = 16;             // index maps of one program
constexpr int kMaxSteps = 2 * kMaxMaps;  // a random crop with padding is a pad and a shift

struct AxisStep {
  enum class What : uint8_t { shift, pad };  // shift: i -> sign * i + offset
  What what;
  PadMode mode;
  int8_t sign;
  int8_t fill;     // constant pads: which fill
  int32_t offset;  // shift: the offset; pad: how many were put before
  int32_t length;  // pad: the length before padding
};

// The image of i in [-length, 2 * length) under the padding mode; constant pads are the caller's.
SEEDAUG_HD constexpr int32_t wrap(int32_t i, int32_t length, PadMode mode) {
  if (i >= 0 && i < length) return i;
  if (mode == PadMode::edge) return i < 0 ? 0 : length - 1;
  const int32_t seam = mode == PadMode::symmetric ? 1 : 0;
  return i < 0 ? -i - seam : 2 * length - 2 + seam - i;
}

// Output coordinates [begin, end) that come from the source in one stride: i -> sign * i + offset.
struct Stretch {
  int32_t begin, end, sign, offset;
};

// One axis of one sample's map, steps in the order in which they were applied.
struct AxisMap {
  int32_t length;  // of the result so far
  int32_t steps;
  AxisStep step[kMaxSteps];

  SEEDAUG_HD void begin(int32_t source_length) {
    length = source_length;
    steps = 0;
  }
  SEEDAUG_HD void pad(int32_t before, int32_t after, PadMode mode, int8_t fill) {
    if ((before | after) == 0) return;
    step[steps++] = {AxisStep::What::pad, mode, 1, fill, before, length};
    length += before + after;
  }
  SEEDAUG_HD void crop(int32_t start, int32_t new_length) {
    shift(1, start);
    length = new_length;
  }
  SEEDAUG_HD void flip() { shift(-1, length - 1); }

  // Where output coordinate i comes from: a source coordinate, or -1 - fill.
  SEEDAUG_HD int32_t source(int32_t i) const {
    SEEDAUG_NO_UNROLL
    for (int s = steps - 1; s >= 0; --s) {
      const AxisStep& at = step[s];
      if (at.what == AxisStep::What::shift) {
        i = at.sign * i + at.offset;
        continue;
      }
      i -= at.offset;
      if (i >= 0 && i < at.length) continue;
      if (at.mode == PadMode::constant) return -1 - at.fill;
      i = wrap(i, at.length, at.mode);
    }
    return i;
  }

  // What lies inside of every pad; empty (end <= begin) where nothing does.
  SEEDAUG_HD Stretch inside() const {
    Stretch in{0, length, 1, 0};
    SEEDAUG_NO_UNROLL
    for (int s = steps - 1; s >= 0; --s) {
      const AxisStep& at = step[s];
      if (at.what == AxisStep::What::shift) {
        in.sign = at.sign * in.sign;
        in.offset = at.sign * in.offset + at.offset;
        continue;
      }
      in.offset -= at.offset;  // now 0 <= sign * i + offset < at.length
      const int32_t first = in.sign > 0 ? -in.offset : in.offset - at.length + 1;
      if (first > in.begin) in.begin = first;
      if (first + at.length < in.end) in.end = first + at.length;
    }
    return in;
  }

  // Whether every source coordinate is read at most once.
  SEEDAUG_HD bool injective() const {
    for (int s = 0; s < steps; ++s) {
      if (step[s].what == AxisStep::What::pad && step[s].mode != PadMode::constant) return false;
    }
    return true;
  }

  // Of an injective map: the output coordinate that source coordinate i goes to, or -1.
  SEEDAUG_HD int32_t target(int32_t i) const {
    for (int s = 0; s < steps; ++s) {
      const AxisStep& at = step[s];
      if (at.what == AxisStep::What::shift) {
        i = at.sign * (i - at.offset);
      } else {
        if (i < 0 || i >= at.length) return -1;
        i += at.offset;
      }
    }
    return i >= 0 && i < length ? i : -1;
  }

 private:
  // Consecutive shifts fold into one: sign2 * (sign1 * i + offset1) ... read backwards.
  SEEDAUG_HD void shift(int32_t sign, int32_t offset) {
    if (steps > 0 && step[steps - 1].what == AxisStep::What::shift) {
      AxisStep& last = step[steps - 1];
      last.offset += last.sign * offset;
      last.sign = static_cast<int8_t>(last.sign * sign);
      return;
    }
    step[steps++] = {
        AxisStep::What::shift, PadMode::constant, static_cast<int8_t>(sign), 0, offset, 0};
  }
};

// Both axes. A pixel outside of several pads takes the fill of the one that was applied last.
struct IndexMap {
  AxisMap y, x;
};

SEEDAUG_HD constexpr int32_t later_fill(int32_t a, int32_t b) { return a < b ? a : b; }

}  // namespace seedaug
