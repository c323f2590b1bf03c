// What crops and pads have in common: pixels put around an image, and where they come from.
#pragma once

#include "program/axis_map.h"
#include "transforms/arguments.h"

namespace seedaug {

struct Padding {
  int32_t left, top, right, bottom;
};

// What lies outside of an image.
struct Border {
  PadMode mode;
  int8_t fill;  // constant: which of the program's fills
};

constexpr Choices<4> kPadModes{{"constant", "edge", "reflect", "symmetric"}};

template <class Visitor>
void padding_arguments(Visitor& v, Padding& padding, int64_t least) {
  v.integer("left", padding.left, least, kMaxSide);
  v.integer("top", padding.top, least, kMaxSide);
  v.integer("right", padding.right, least, kMaxSide);
  v.integer("bottom", padding.bottom, least, kMaxSide);
}

template <class Visitor>
SEEDAUG_HD void padding_fields(Visitor& v, const Padding& padding) {
  v.integer("pad_left", padding.left);
  v.integer("pad_top", padding.top);
  v.integer("pad_right", padding.right);
  v.integer("pad_bottom", padding.bottom);
}

SEEDAUG_HD constexpr bool is_none(const Padding& p) {
  return (p.left | p.top | p.right | p.bottom) == 0;
}

SEEDAUG_HD constexpr Size padded(Size image, const Padding& p) {
  return {image.height + p.top + p.bottom, image.width + p.left + p.right};
}

SEEDAUG_HD constexpr int32_t at_least_zero(int32_t i) { return i > 0 ? i : 0; }

SEEDAUG_HD void put_around(const Padding& p, const Border& border, IndexMap& onto) {
  onto.y.pad(p.top, p.bottom, border.mode, border.fill);
  onto.x.pad(p.left, p.right, border.mode, border.fill);
}

// Of transforms that put nothing around an image.
struct Unpadded {
  template <class Args>
  static SEEDAUG_HD Padding padding(const Args&, Size) {
    return {0, 0, 0, 0};
  }
  template <class Args>
  static Border border(const Args&) {
    return {PadMode::edge, -1};
  }
  template <class Args>
  static bool may_pad(const Args&) {
    return false;
  }
};

}  // namespace seedaug
