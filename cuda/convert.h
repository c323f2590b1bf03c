// Packed elements <-> float32 values, as core/element.h does it one by one.
//
// On the device by the conversions of the hardware, which round to nearest even as core's do; their
// NaN is another one, so it is replaced.
#pragma once

#include "core/element.h"
#include "cuda/words.h"

#if defined(__CUDACC__)
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#endif

namespace seedaug::cuda {

// Byte k of a word as a float: written into the mantissa of 2^23, exact.
SEEDAUG_HD float byte_value(uint32_t word, int k) {
  const uint32_t bits = permute(word, 0x4b000000, 0x7440u | static_cast<uint32_t>(k));
  return as_float(static_cast<int32_t>(bits)) - 0x1p+23f;
}

// Of a NaN only that it is one is kept.
SEEDAUG_HD float half_value(DType type, uint16_t bits) {
#if defined(__CUDA_ARCH__)
  return type == DType::f16 ? __half2float(__ushort_as_half(bits)) : bf16_to_float(bits);
#else
  return type == DType::f16 ? f16_to_float(bits) : bf16_to_float(bits);
#endif
}

// Element i of packed words, of kIn bytes.
template <int kIn>
SEEDAUG_HD float element_value([[maybe_unused]] DType type, const uint32_t* words, int i) {
  const uint32_t word = words[i * kIn / 4];
  if constexpr (kIn == 1) return byte_value(word, i % 4);
  if constexpr (kIn == 2) return half_value(type, static_cast<uint16_t>(word >> 16 * (i % 2)));
  return as_float(static_cast<int32_t>(word));
}

#if defined(__CUDA_ARCH__)
// Halves that are NaN become core's, 0x7e00 or 0x7fc0; `above` carries every NaN into bit 15.
__device__ __forceinline__ uint32_t core_nans(uint32_t pair, uint32_t above, uint32_t nans) {
  const uint32_t found = ((pair & 0x7fff7fff) + above) & 0x80008000;
  if (found == 0) return pair;
  const uint32_t mask = (found >> 15) * 0xffff;
  return (pair & ~mask) | (nans & mask);
}
#endif

// Two values as a word of float16 or bfloat16; kNumbers: neither is NaN.
template <bool kNumbers>
SEEDAUG_HD uint32_t f16_pair(float low, float high) {
#if defined(__CUDA_ARCH__)
  const __half2 halves = __floats2half2_rn(low, high);
  const uint32_t pair = *reinterpret_cast<const uint32_t*>(&halves);
  return kNumbers ? pair : core_nans(pair, 0x03ff03ff, 0x7e007e00);
#else
  return float_to_f16(low) | uint32_t{float_to_f16(high)} << 16;
#endif
}

template <bool kNumbers>
SEEDAUG_HD uint32_t bf16_pair(float low, float high) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  const __nv_bfloat162 halves = __floats2bfloat162_rn(low, high);
  const uint32_t pair = *reinterpret_cast<const uint32_t*>(&halves);
  return kNumbers ? pair : core_nans(pair, 0x007f007f, 0x7fc07fc0);
#else
  return float_to_bf16(low) | uint32_t{float_to_bf16(high)} << 16;
#endif
}

template <bool kNumbers>
SEEDAUG_HD uint32_t half_pair(DType type, float low, float high) {
  return type == DType::f16 ? f16_pair<kNumbers>(low, high) : bf16_pair<kNumbers>(low, high);
}

// Four integers in [0, 255] as bytes.
SEEDAUG_HD uint32_t byte_quad(float a, float b, float c, float d) {
  const auto byte = [](float v) { return static_cast<uint32_t>(as_bits(v + 0x1p+23f)); };
  return permute(permute(byte(a), byte(b), 0x0040), permute(byte(c), byte(d), 0x0040), 0x5410);
}

// Word j of a string of values of `type` (kOut bytes each), value(i) being its element i.
template <int kOut, bool kNumbers, class Value>
SEEDAUG_HD uint32_t value_word([[maybe_unused]] DType type, const Value& value, int j) {
  if constexpr (kOut == 1) {
    return byte_quad(value(4 * j), value(4 * j + 1), value(4 * j + 2), value(4 * j + 3));
  } else if constexpr (kOut == 2) {
    return half_pair<kNumbers>(type, value(2 * j), value(2 * j + 1));
  } else {
    return static_cast<uint32_t>(as_bits(value(j)));
  }
}

}  // namespace seedaug::cuda
