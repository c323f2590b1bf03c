// Standard normals by Box and Muller (1958): a radius and an angle, each from the
// upper 24 bits of a word.
//
// The functions are templates over float / int32_t and the vector types of csrc/cpu/isa/: one order
// of operations for every backend. The polynomials are minimax fits made for seedaug; their errors
// over all 2^24 inputs are measured by tests/test_normal.py and stated in docs/stream-format.md.
#pragma once

#include <type_traits>

#include "core/scalar_math.h"

namespace seedaug {

// The polynomial with these coefficients, lowest order first, by fused multiply-adds
// from the highest down.
template <class F>
SEEDAUG_HD F horner(F x, float last) {
  return constant_like(x, last);
}
template <class F, class... Rest>
SEEDAUG_HD F horner(F x, float first, Rest... rest) {
  return fused(horner(x, rest...), x, constant_like(x, first));
}

// L in -2 ln(1 + f) = -2f + f^2 (1 + f L(f)) for 1 + f in [sqrt(1/2), sqrt(2)),
// relative error below 6e-9.
template <class F>
SEEDAUG_HD F log_polynomial(F f) {
  return horner(f, -0x1.555554p-1f, 0x1.000226p-1f, -0x1.99a01cp-2f, 0x1.54728ap-2f,
                -0x1.22d92ep-2f, 0x1.0d8242p-2f, -0x1.055ec6p-2f, 0x1.38c9dep-3f);
}

// S in sin(2 pi x) = x S(x^2) and C in cos(2 pi x) = 1 + x^2 C(x^2), for x in [-1/8, 1/8] turns.
template <class F>
SEEDAUG_HD F sin_polynomial(F square) {
  return horner(square, 0x1.921fb6p+2f, -0x1.4abc24p+5f, 0x1.4680a4p+6f, -0x1.331988p+6f);
}
template <class F>
SEEDAUG_HD F cos_polynomial(F square) {
  return horner(square, -0x1.3bd3ccp+4f, 0x1.03c1aep+6f, -0x1.55b146p+6f, 0x1.d47d60p+5f);
}

constexpr float kMinusTwoLn2 = -0x1.62e430p+0f;
constexpr int32_t kSqrtHalfBits = 0x3f3504f3;  // the float below sqrt(1/2)

// sqrt(-2 ln u) with u = m * 2^-24 in (0, 1]; m = (word >> 8) + 1 in [1, 2^24].
template <class I>
SEEDAUG_HD auto box_muller_radius(I m) {
  auto u = to_float(m);
  u = u * constant_like(u, 0x1p-24f);
  const I shifted = as_bits(u) - constant_like(m, kSqrtHalfBits);
  const auto exponent = to_float(shift_right(shifted, 23));  // u = 2^exponent * (1 + f)
  const I mantissa = (shifted & constant_like(m, 0x7fffff)) + constant_like(m, kSqrtHalfBits);
  const auto f = as_float(mantissa) - constant_like(u, 1.0f);
  const auto one_plus = fused(f, log_polynomial(f), constant_like(u, 1.0f));
  const auto log_mantissa = fused(f * f, one_plus, f * constant_like(u, -2.0f));
  return root(fused(exponent, constant_like(u, kMinusTwoLn2), log_mantissa));
}

template <class F>
struct CosSin {
  F cos, sin;
};

// cos and sin of 2 pi t 2^-24; t = word >> 8 in [0, 2^24). The nearest quarter turn is split off in
// integers, so that the polynomials see an exact x in [-1/8, 1/8].
template <class I>
SEEDAUG_HD auto box_muller_angle(I t) {
  const I quarter = shift_right(t + constant_like(t, 1 << 21), 22);
  auto x = to_float(t - shift_left(quarter, 22));
  x = x * constant_like(x, 0x1p-24f);
  const auto square = x * x;
  const auto s = x * sin_polynomial(square);
  const auto c = fused(square, cos_polynomial(square), constant_like(x, 1.0f));
  const I two = constant_like(t, 2);
  const I cos_sign = shift_left((quarter + constant_like(t, 1)) & two, 30);
  const I sin_sign = shift_left(quarter & two, 30);
  return CosSin<decltype(x)>{as_float(as_bits(pick(quarter, c, s)) ^ cos_sign),
                             as_float(as_bits(pick(quarter, s, c)) ^ sin_sign)};
}

// The pair (a, b) of words gives two normals: r cos belongs to a's element, r sin to b's.
template <class I>
SEEDAUG_HD auto box_muller(I a24, I b24) {  // a24 = a >> 8, b24 = b >> 8, both in [0, 2^24)
  const auto r = box_muller_radius(a24 + constant_like(a24, 1));
  const auto direction = box_muller_angle(b24);
  return CosSin<std::remove_cv_t<decltype(r)>>{r * direction.cos, r * direction.sin};
}

}  // namespace seedaug
