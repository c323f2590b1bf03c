// The few operations that every floating-point result is made of, for one float;
// each correctly rounded.
//
// csrc/cpu/isa/ overloads the same names for vectors, so that templates such as
// normal.h hold for both.
#pragma once

#include <cstdint>
#include <cstring>

#include "core/target.h"

namespace seedaug {

SEEDAUG_HD float fused(float a, float b, float c) {  // a * b + c, rounded once
#if defined(__CUDA_ARCH__)
  return __fmaf_rn(a, b, c);
#else
  return __builtin_fmaf(a, b, c);
#endif
}

SEEDAUG_HD float root(float a) {
#if defined(__CUDA_ARCH__)
  return __fsqrt_rn(a);
#else
  return __builtin_sqrtf(a);
#endif
}

SEEDAUG_HD float to_float(int32_t i) { return static_cast<float>(i); }

SEEDAUG_HD int32_t as_bits(float a) {
#if defined(__CUDA_ARCH__)
  return __float_as_int(a);
#else
  int32_t bits;
  std::memcpy(&bits, &a, sizeof bits);
  return bits;
#endif
}

SEEDAUG_HD float as_float(int32_t bits) {
#if defined(__CUDA_ARCH__)
  return __int_as_float(bits);
#else
  float a;
  std::memcpy(&a, &bits, sizeof a);
  return a;
#endif
}

SEEDAUG_HD int32_t shift_left(int32_t i, int n) {
  return static_cast<int32_t>(static_cast<uint32_t>(i) << n);
}

SEEDAUG_HD int32_t shift_right(int32_t i, int n) { return i >> n; }  // arithmetic

// b where the lowest bit of `odd` is set, else a.
SEEDAUG_HD float pick(int32_t odd, float a, float b) { return odd & 1 ? b : a; }

// A constant of the same type as the first argument (one lane, or all lanes of a vector).
SEEDAUG_HD float constant_like(float, float value) { return value; }
SEEDAUG_HD int32_t constant_like(int32_t, int32_t value) { return value; }

}  // namespace seedaug
