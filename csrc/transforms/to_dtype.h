// Conversion to another element type, with or without scaling. As torchvision v2's ToDtype.
#pragma once

#include "program/value_op.h"

namespace seedaug {

struct ToDtype {
  static constexpr bool kDraws = false;
  static constexpr bool kNormals = false;
  static constexpr bool kPerChannel = false;
  static constexpr ResultType kResult = ResultType::chosen;
  static constexpr Slope kSlope = Slope::a;

  struct Args {
    DType dtype;
    bool scale;
  };
  template <class Visitor>
  static void arguments(Visitor& v, Args& a) {
    v.choice("dtype", a.dtype, kArithmeticTypes);
    v.flag("scale", a.scale);
  }

  // The scaling: v * a.
  template <class F>
  static SEEDAUG_HD F apply(F v, const Operands<F>& with) {
    return v * with.a;
  }

  template <class Chain>
  static void lower(const Args& given, Chain& chain) {
    const DType from = chain.type();
    if (from == given.dtype) return;
    if (given.scale && from == DType::u8) {
      chain.template add<ToDtype>(static_cast<float>(1.0 / 255.0));
    }
    if (given.scale && given.dtype == DType::u8) {
      chain.template add<ToDtype>(static_cast<float>(255.999));
    }
    // Without scaling, 0 ... 255 is exact in every type.
    chain.convert(given.dtype, /*exact=*/from == DType::u8 && !given.scale);
  }
};

}  // namespace seedaug
