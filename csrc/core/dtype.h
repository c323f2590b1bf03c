// Element types, and the conversions of the four that arithmetic knows to and from float32.
//
// float32 -> float16 / bfloat16 rounds to nearest, ties to even; every NaN becomes the
// canonical quiet NaN.
#pragma once

#include <cstdint>

#include "core/scalar_math.h"

#if defined(__CUDACC__)
#include <cuda_fp16.h>
#endif

namespace seedaug {

enum class DType : uint8_t {
  u8 = 0,
  f16 = 1,
  bf16 = 2,
  f32 = 3,
  // Copied by geometry, never computed with:
  boolean,
  i8,
  i16,
  i32,
  i64,
  f64,
  u16,
  u32,
  u64,
};

// What users call it.
inline const char* name_of(DType type) {
  constexpr const char* kNames[] = {"uint8",  "float16", "bfloat16", "float32", "bool",
                                    "int8",   "int16",   "int32",    "int64",   "float64",
                                    "uint16", "uint32",  "uint64"};
  return kNames[static_cast<int>(type)];
}

SEEDAUG_HD constexpr bool is_arithmetic(DType t) { return t <= DType::f32; }

SEEDAUG_HD constexpr int element_size(DType t) {
  switch (t) {
    case DType::u8:
    case DType::boolean:
    case DType::i8:
      return 1;
    case DType::f16:
    case DType::bf16:
    case DType::i16:
    case DType::u16:
      return 2;
    case DType::f32:
    case DType::i32:
    case DType::u32:
      return 4;
    default:
      return 8;
  }
}

constexpr int32_t kCanonicalNan = 0x7fc00000;

SEEDAUG_HD float canonical(float v) { return v == v ? v : as_float(kCanonicalNan); }

SEEDAUG_HD float bf16_to_float(uint16_t bits) {
  return as_float(static_cast<int32_t>(uint32_t{bits} << 16));
}

SEEDAUG_HD uint16_t float_to_bf16(float v) {
  if (!(v == v)) return 0x7fc0;
  const uint32_t bits = static_cast<uint32_t>(as_bits(v));
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

SEEDAUG_HD float f16_to_float(uint16_t half) {
  const uint32_t sign = uint32_t{half & 0x8000u} << 16;
  const uint32_t magnitude = half & 0x7fffu;
  if (magnitude >= 0x7c00) {  // infinity and NaN
    return as_float(static_cast<int32_t>(sign | 0x7f800000 | (magnitude & 0x3ff) << 13));
  }
  // 2^112 moves the exponent's bias from 15 to 127 and makes subnormals right at the same time.
  const float value = as_float(static_cast<int32_t>(magnitude << 13)) * 0x1p+112f;
  return as_float(as_bits(value) | static_cast<int32_t>(sign));
}

SEEDAUG_HD uint16_t float_to_f16(float v) {
  if (!(v == v)) return 0x7e00;
  const uint32_t bits = static_cast<uint32_t>(as_bits(v));
  const uint32_t sign = bits >> 16 & 0x8000;
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x477ff000)
    return static_cast<uint16_t>(sign | 0x7c00);  // rounds to 65536 or more
  if (magnitude < 0x38800000) {  // below 2^-14: adding 1/2 leaves the subnormal in the lowest bits
    const float shifted = as_float(static_cast<int32_t>(magnitude)) + 0.5f;
    return static_cast<uint16_t>(sign | (static_cast<uint32_t>(as_bits(shifted)) - 0x3f000000));
  }
  const uint32_t rebiased = magnitude - 0x38000000;  // (127 - 15) << 23
  return static_cast<uint16_t>(sign | (rebiased + 0xfff + (rebiased >> 13 & 1)) >> 13);
}

// To the nearest value that the type has; NaN becomes the canonical one.
SEEDAUG_HD float round_f16(float v) {
#if defined(__CUDA_ARCH__)
  return canonical(__half2float(__float2half_rn(v)));
#else
  return f16_to_float(float_to_f16(v));
#endif
}
SEEDAUG_HD float round_bf16(float v) { return bf16_to_float(float_to_bf16(v)); }

// NaN passes through.
SEEDAUG_HD float clamp(float v, float low, float high) {
  return v < low ? low : v > high ? high : v;
}

// To [0, 255]; NaN becomes 0.
SEEDAUG_HD float saturate_u8(float v) { return v > 0.0f ? (v < 255.0f ? v : 255.0f) : 0.0f; }

// Ties to even, for 0 <= v < 2^22: adding 3 * 2^22 leaves no room for a fraction.
// A float, or a vector of csrc/cpu/isa/.
template <class F>
SEEDAUG_HD F round_half_even(F v) {
  const F magic = constant_like(v, 12582912.0f);
  return (v + magic) - magic;
}

SEEDAUG_HD float truncate(float v) { return static_cast<float>(static_cast<int32_t>(v)); }

}  // namespace seedaug
