// Box and Muller's normals for one GPU thread: core's values from fewer instructions.
//
// Integers become floats by being written into the mantissa of a constant, which is subtracted
// again (exact), where core/normal.h converts and scales; the quarter turn is read from the word's
// upper bits. Each step gives core's value, so the bits are core's:
// tests/native/test_cuda_normal.cpp compares all 2^24 radii and all 2^24 angles. The polynomials
// are core's own.
#pragma once

#include "core/counter.h"
#include "core/normal.h"

namespace seedaug::cuda {

// What the radius is the root of: -2 ln u, u = ((word >> 8) + 1) * 2^-24.
SEEDAUG_HD float squared_radius(uint32_t word) {
  const float m = to_float(static_cast<int32_t>(word >> 8) + 1);
  const int32_t shifted = as_bits(m) - ((24 << 23) + kSqrtHalfBits);  // of m * 2^-24
  const float exponent = as_float((shifted >> 23) + 0x4b400000) - 0x1.8p+23f;
  const float f = as_float((shifted & 0x7fffff) + kSqrtHalfBits) - 1.0f;
  const float one_plus = fused(f, log_polynomial(f), 1.0f);
  const float log_mantissa = fused(f * f, one_plus, f * -2.0f);
  return fused(exponent, kMinusTwoLn2, log_mantissa);
}

SEEDAUG_HD CosSin<float> angle(uint32_t word) {
  const uint32_t turned = word + (uint32_t{1} << 29);  // upper two bits: the nearest quarter turn
  const float x = as_float(static_cast<int32_t>((turned >> 8 & 0x3fffff) | 0x3f000000)) - 0.625f;
  const float square = x * x;
  const float s = x * sin_polynomial(square);
  const float c = fused(square, cos_polynomial(square), 1.0f);
  const bool odd = (turned & uint32_t{1} << 30) != 0;
  const uint32_t sin_sign = turned & uint32_t{1} << 31;
  const uint32_t cos_sign = (turned + (uint32_t{1} << 30)) & uint32_t{1} << 31;
  const auto cos_bits = static_cast<uint32_t>(as_bits(odd ? s : c));
  const auto sin_bits = static_cast<uint32_t>(as_bits(odd ? c : s));
  return {as_float(static_cast<int32_t>(cos_bits ^ cos_sign)),
          as_float(static_cast<int32_t>(sin_bits ^ sin_sign))};
}

SEEDAUG_HD CosSin<float> normal_pair(uint32_t a, uint32_t b) {
  const float r = root(squared_radius(a));
  const CosSin<float> direction = angle(b);
  return {r * direction.cos, r * direction.sin};
}

// Four elements: one Philox block.
struct Quad {
  float v[4];
};

SEEDAUG_HD Quad normal_quad(const Stream& from, uint32_t quad) {
  const Block w = from.element_block(quad);
  const CosSin<float> first = normal_pair(w.w0, w.w1), second = normal_pair(w.w2, w.w3);
  return {{first.cos, first.sin, second.cos, second.sin}};
}

}  // namespace seedaug::cuda
