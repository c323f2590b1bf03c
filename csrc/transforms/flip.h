// Flips with a probability. As torchvision v2's RandomHorizontalFlip and RandomVerticalFlip.
#pragma once

#include "core/counter.h"
#include "core/uniform.h"
#include "transforms/padding.h"

namespace seedaug {

struct RandomFlip : Unpadded {
  static constexpr bool kDraws = true;
  static constexpr SizeRule kSize = SizeRule::same;

  struct Args {
    uint64_t threshold;  // of the gate
  };
  template <class Visitor>
  static void arguments(Visitor& v, Args& a) {
    v.probability("p", a.threshold);
  }

  struct Drawn {
    bool flipped;
  };
  template <class Visitor>
  static SEEDAUG_HD void fields(Visitor& v, const Drawn& d) {
    v.flag("flipped", d.flipped);
  }

  // Word 0: the gate.
  static SEEDAUG_HD constexpr Drawn draw(const Args& a, const Stream& from, Size) {
    return {gate(from.block(0).w0, a.threshold)};
  }
};

struct RandomHorizontalFlip : RandomFlip {
  static SEEDAUG_HD void apply(const Args&, const Drawn& d, IndexMap& onto) {
    if (d.flipped) onto.x.flip();
  }
};

struct RandomVerticalFlip : RandomFlip {
  static SEEDAUG_HD void apply(const Args&, const Drawn& d, IndexMap& onto) {
    if (d.flipped) onto.y.flip();
  }
};

static_assert(RandomFlip::draw({gate_threshold(0.1)}, stream(kKnownSample, 4, 0), {1, 1}).flipped);
static_assert(
    !RandomFlip::draw({gate_threshold(0.09)}, stream(kKnownSample, 4, 0), {1, 1}).flipped);

}  // namespace seedaug
