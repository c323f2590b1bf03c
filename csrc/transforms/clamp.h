// Values clamped to an interval; NaN passes through.
#pragma once

#include "program/value_op.h"

namespace seedaug {

struct Clamp {
  static constexpr bool kDraws = false;
  static constexpr bool kNormals = false;
  static constexpr bool kPerChannel = false;
  static constexpr ResultType kResult = ResultType::same;
  static constexpr Slope kSlope = Slope::none;
  static constexpr const char* kNoSlope = "a clamp has no gradient in the fused pass";

  struct Args {
    double min, max;
  };
  template <class Visitor>
  static void arguments(Visitor& v, Args& a) {
    v.number("min", a.min);
    v.number("max", a.max);
  }

  // To [a, b].
  template <class F>
  static SEEDAUG_HD F apply(F v, const Operands<F>& with) {
    return clamp(v, with.a, with.b);
  }

  template <class Chain>
  static void lower(const Args& given, Chain& chain) {
    if (!(given.min <= given.max)) {
      return chain.complain("min must not exceed max, got " + text(given.min) + ", " +
                            text(given.max));
    }
    chain.template add<Clamp>(static_cast<float>(given.min), static_cast<float>(given.max));
    chain.settle();
  }
};

}  // namespace seedaug
