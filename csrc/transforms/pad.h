// Rows and columns put around an image, or taken off it. As torchvision v2's Pad.
#pragma once

#include "core/counter.h"
#include "transforms/padding.h"

namespace seedaug {

struct Pad {
  static constexpr bool kDraws = false;
  static constexpr SizeRule kSize = SizeRule::padded;

  struct Args {
    Padding around;  // negative sides are cut off
    Border border;
  };
  template <class Visitor>
  static void arguments(Visitor& v, Args& a) {
    padding_arguments(v, a.around, -kMaxSide);
    v.choice("padding_mode", a.border.mode, kPadModes);
    v.fill(a.border.fill);
  }

  struct Drawn {
    Padding padding;
  };
  template <class Visitor>
  static SEEDAUG_HD void fields(Visitor& v, const Drawn& d) {
    v.unused();  // where a crop tells its top and left
    v.unused();
    padding_fields(v, d.padding);
  }

  static Border border(const Args& a) { return a.border; }
  static bool may_pad(const Args& a) { return !is_none(a.around); }
  static SEEDAUG_HD constexpr Padding padding(const Args& a, Size) { return a.around; }

  static SEEDAUG_HD constexpr Drawn draw(const Args& a, const Stream&, Size) { return {a.around}; }

  static SEEDAUG_HD void apply(const Args& a, const Drawn& d, IndexMap& onto) {
    put_around(d.padding, a.border, onto);
  }
};

}  // namespace seedaug
