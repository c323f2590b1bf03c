// Crop the middle; a smaller image is padded with zeros first. As torchvision v2's CenterCrop.
#pragma once

#include "core/counter.h"
#include "transforms/padding.h"

namespace seedaug {

// int(round(difference / 2)) of Python: to nearest, ties to even. difference >= 0
SEEDAUG_HD constexpr int32_t half_to_even(int32_t difference) {
  const int32_t half = difference / 2;
  return difference % 2 == 0 ? half : half + (half & 1);
}
static_assert(half_to_even(1) == 0 && half_to_even(3) == 2 && half_to_even(5) == 2);

struct CenterCrop {
  static constexpr bool kDraws = false;
  static constexpr SizeRule kSize = SizeRule::cropped;

  struct Args {
    int32_t height, width;
    int8_t fill;
  };
  template <class Visitor>
  static void arguments(Visitor& v, Args& a) {
    v.integer("height", a.height, 1, kMaxSide);
    v.integer("width", a.width, 1, kMaxSide);
    v.zero_fill(a.fill);
  }

  struct Drawn {
    int32_t top, left;
    Padding padding;
  };
  template <class Visitor>
  static SEEDAUG_HD void fields(Visitor& v, const Drawn& d) {
    v.integer("top", d.top);
    v.integer("left", d.left);
    padding_fields(v, d.padding);
  }

  static SEEDAUG_HD Border border(const Args& a) { return {PadMode::constant, a.fill}; }
  static bool may_pad(const Args&) { return true; }
  // The odd pixel comes after the image.
  static SEEDAUG_HD constexpr Padding padding(const Args& a, Size image) {
    const int32_t rows = at_least_zero(a.height - image.height);
    const int32_t columns = at_least_zero(a.width - image.width);
    return {columns / 2, rows / 2, (columns + 1) / 2, (rows + 1) / 2};
  }

  static SEEDAUG_HD constexpr Drawn draw(const Args& a, const Stream&, Size image) {
    return {half_to_even(at_least_zero(image.height - a.height)),
            half_to_even(at_least_zero(image.width - a.width)), padding(a, image)};
  }

  static SEEDAUG_HD void apply(const Args& a, const Drawn& d, IndexMap& onto) {
    put_around(d.padding, border(a), onto);
    onto.y.crop(d.top, a.height);
    onto.x.crop(d.left, a.width);
  }
};

namespace center_crop_proof {

constexpr CenterCrop::Drawn kDrawn = CenterCrop::draw({24, 35, 0}, {}, {33, 32});
static_assert(kDrawn.top == 4 && kDrawn.left == 0);
static_assert(kDrawn.padding.left == 1 && kDrawn.padding.right == 2);

}  // namespace center_crop_proof
}  // namespace seedaug
