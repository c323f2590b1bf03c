// Crop at a random place of the padded image. As torchvision v2's RandomCrop.
#pragma once

#include "core/counter.h"
#include "core/uniform.h"
#include "transforms/padding.h"

namespace seedaug {

struct RandomCrop {
  static constexpr bool kDraws = true;
  static constexpr SizeRule kSize = SizeRule::cropped;

  struct Args {
    int32_t height, width;
    Padding around;
    Border border;
    bool pad_if_needed;
  };
  template <class Visitor>
  static void arguments(Visitor& v, Args& a) {
    v.integer("height", a.height, 1, kMaxSide);
    v.integer("width", a.width, 1, kMaxSide);
    padding_arguments(v, a.around, 0);
    v.choice("padding_mode", a.border.mode, kPadModes);
    v.flag("pad_if_needed", a.pad_if_needed);
    v.fill(a.border.fill);
  }

  struct Drawn {
    int32_t top, left;  // in the padded image
    Padding padding;
  };
  template <class Visitor>
  static SEEDAUG_HD void fields(Visitor& v, const Drawn& d) {
    v.integer("top", d.top);
    v.integer("left", d.left);
    padding_fields(v, d.padding);
  }

  static Border border(const Args& a) { return a.border; }
  static bool may_pad(const Args& a) { return a.pad_if_needed || !is_none(a.around); }
  static SEEDAUG_HD constexpr Padding padding(const Args& a, Size image) {
    Padding p = a.around;
    if (!a.pad_if_needed) return p;
    const Size around = padded(image, p);
    const int32_t rows = at_least_zero(a.height - around.height);
    const int32_t columns = at_least_zero(a.width - around.width);
    return {p.left + columns, p.top + rows, p.right + columns, p.bottom + rows};
  }

  // Words: 0 the gate (unused), 1 top, 2 left.
  static SEEDAUG_HD constexpr Drawn draw(const Args& a, const Stream& from, Size image) {
    const Padding around = padding(a, image);
    const Size whole = padded(image, around);
    const Block words = from.block(0);
    const auto spare_rows = static_cast<uint64_t>(whole.height - a.height);
    const auto spare_columns = static_cast<uint64_t>(whole.width - a.width);
    return {static_cast<int32_t>(bounded(words.w1, spare_rows + 1)),
            static_cast<int32_t>(bounded(words.w2, spare_columns + 1)), around};
  }

  static SEEDAUG_HD void apply(const Args& a, const Drawn& d, IndexMap& onto) {
    put_around(d.padding, a.border, onto);
    onto.y.crop(d.top, a.height);
    onto.x.crop(d.left, a.width);
  }
};

namespace random_crop_proof {

constexpr Border kZeros{PadMode::constant, 0};
constexpr RandomCrop::Drawn kDrawn =
    RandomCrop::draw({24, 20, {4, 4, 4, 4}, kZeros, false}, stream(kKnownSample, 1, 0), {32, 64});
static_assert(kDrawn.top == 11 && kDrawn.left == 28 && kDrawn.padding.left == 4);

}  // namespace random_crop_proof
}  // namespace seedaug
