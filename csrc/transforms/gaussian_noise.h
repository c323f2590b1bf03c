// Gaussian noise added to every element. As torchvision v2's GaussianNoise, each sample its own.
#pragma once

#include <cmath>
#include <limits>

#include "transforms/clamp.h"

namespace seedaug {

struct GaussianNoise {
  static constexpr bool kDraws = true;
  static constexpr bool kNormals = true;  // element e takes the normal of element e
  static constexpr bool kPerChannel = false;
  static constexpr ResultType kResult = ResultType::same;
  static constexpr Slope kSlope = Slope::one;

  struct Args {
    double mean, sigma;
    bool clip;
  };
  template <class Visitor>
  static void arguments(Visitor& v, Args& a) {
    v.number("mean", a.mean);
    v.number("sigma", a.sigma);
    v.flag("clip", a.clip);
  }

  // v + fma(normal, a, b): a is sigma, b the mean.
  template <class F>
  static SEEDAUG_HD F apply(F v, const Operands<F>& with) {
    return v + fused(with.normal, with.a, with.b);
  }

  template <class Chain>
  static void lower(const Args& given, Chain& chain) {
    const double unit = chain.type() == DType::u8 ? 255.0 : 1.0;
    const auto mean = static_cast<float>(given.mean * unit);
    const auto sigma = static_cast<float>(given.sigma * unit);
    if (!std::isfinite(mean)) {
      return chain.complain("mean must be finite, got " + text(given.mean));
    }
    if (!(sigma >= 0 && std::isfinite(sigma))) {
      return chain.complain("sigma must be finite and not negative, got " + text(given.sigma));
    }
    // No normal is beyond 6 (radius(1) is 5.77).
    const double most = std::fabs(double{mean}) + 6.0 * double{sigma};
    chain.template add<GaussianNoise>(sigma, mean, most > std::numeric_limits<float>::max());
    chain.settle();
    if (given.clip && chain.type() != DType::u8) chain.template add<Clamp>(0.0f, 1.0f);
  }
};

}  // namespace seedaug
