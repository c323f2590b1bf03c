// (v - mean) / std, for each channel. As torchvision v2's Normalize, but for rounding.
#pragma once

#include <cmath>

#include "transforms/to_dtype.h"

namespace seedaug {

struct Normalize {
  static constexpr bool kDraws = false;
  static constexpr bool kNormals = false;
  static constexpr bool kPerChannel = true;
  static constexpr ResultType kResult = ResultType::floats;
  static constexpr Slope kSlope = Slope::a;

  struct Args {
    ChannelValues mean, std;
  };
  template <class Visitor>
  static void arguments(Visitor& v, Args& a) {
    v.channel_values("mean", a.mean, Role::additive);
    v.channel_values("std", a.std);
  }

  // fma(v, a, b) with a = 1 / std and b = -mean / std.
  template <class F>
  static SEEDAUG_HD F apply(F v, const Operands<F>& with) {
    return fused(v, with.a, with.b);
  }

  template <class Chain>
  static void lower(const Args& given, Chain& chain) {
    if (chain.type() == DType::u8) ToDtype::lower({DType::f32, true}, chain);
    chain.template add_per_channel<Normalize>(given.mean.count, [&](int c, float& a, float& b) {
      const double mean = given.mean.at[c], std = given.std.at[c];
      // Outside of this, 1 / std is no normal float32.
      if (!(std::fabs(std) >= 0x1p-125 && std::fabs(std) <= 0x1p125)) {
        return chain.complain("std must be from 2^-125 to 2^125 in magnitude, got " + text(std));
      }
      a = static_cast<float>(1.0 / std);
      b = static_cast<float>(-mean / std);
      if (!std::isfinite(b)) {
        chain.complain("mean / std must be finite in float32, got " + text(mean) + " / " +
                       text(std));
      }
    });
    chain.settle();
  }
};

}  // namespace seedaug
