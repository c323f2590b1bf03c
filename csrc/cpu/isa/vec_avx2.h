// AVX2, FMA and F16C: 8 floats, 4 counters.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "core/scalar_math.h"

namespace seedaug::avx2 {

#define SEEDAUG_VEC __attribute__((always_inline)) inline

struct I {
  __m256i v;
};

struct F {
  static constexpr int kWidth = 8;
  __m256 v;
};

SEEDAUG_VEC F constant_like(F, float a) { return {_mm256_set1_ps(a)}; }
SEEDAUG_VEC I constant_like(I, int32_t a) { return {_mm256_set1_epi32(a)}; }
SEEDAUG_VEC F broadcast(float a) { return {_mm256_set1_ps(a)}; }

SEEDAUG_VEC F operator+(F a, F b) { return {_mm256_add_ps(a.v, b.v)}; }
SEEDAUG_VEC F operator-(F a, F b) { return {_mm256_sub_ps(a.v, b.v)}; }
SEEDAUG_VEC F operator*(F a, F b) { return {_mm256_mul_ps(a.v, b.v)}; }
SEEDAUG_VEC F fused(F a, F b, F c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
SEEDAUG_VEC F root(F a) { return {_mm256_sqrt_ps(a.v)}; }

SEEDAUG_VEC I operator+(I a, I b) { return {_mm256_add_epi32(a.v, b.v)}; }
SEEDAUG_VEC I operator-(I a, I b) { return {_mm256_sub_epi32(a.v, b.v)}; }
SEEDAUG_VEC I operator&(I a, I b) { return {_mm256_and_si256(a.v, b.v)}; }
SEEDAUG_VEC I operator^(I a, I b) { return {_mm256_xor_si256(a.v, b.v)}; }
SEEDAUG_VEC I shift_left(I a, int n) { return {_mm256_slli_epi32(a.v, n)}; }
SEEDAUG_VEC I shift_right(I a, int n) { return {_mm256_srai_epi32(a.v, n)}; }
SEEDAUG_VEC I shift_right_logical(I a, int n) { return {_mm256_srli_epi32(a.v, n)}; }

SEEDAUG_VEC F to_float(I a) { return {_mm256_cvtepi32_ps(a.v)}; }
SEEDAUG_VEC I as_bits(F a) { return {_mm256_castps_si256(a.v)}; }
SEEDAUG_VEC F as_float(I a) { return {_mm256_castsi256_ps(a.v)}; }
SEEDAUG_VEC F pick(I odd, F a, F b) {  // blendv looks at the sign bit
  return {_mm256_blendv_ps(a.v, b.v, _mm256_castsi256_ps(_mm256_slli_epi32(odd.v, 31)))};
}

// The second operand of max and min is what comes out when either is NaN.
SEEDAUG_VEC F clamp(F v, F low, F high) {
  return {_mm256_min_ps(high.v, _mm256_max_ps(low.v, v.v))};
}
SEEDAUG_VEC F saturate_u8(F v) {
  return {_mm256_min_ps(_mm256_max_ps(v.v, _mm256_setzero_ps()), _mm256_set1_ps(255.0f))};
}
SEEDAUG_VEC F truncate(F v) { return {_mm256_cvtepi32_ps(_mm256_cvttps_epi32(v.v))}; }
SEEDAUG_VEC F or_nan(F v, F otherwise) {  // the canonical NaN where v is NaN
  const __m256 nan = _mm256_cmp_ps(v.v, v.v, _CMP_UNORD_Q);
  return {_mm256_blendv_ps(otherwise.v, _mm256_castsi256_ps(_mm256_set1_epi32(0x7fc00000)), nan)};
}
SEEDAUG_VEC F canonical(F v) { return or_nan(v, v); }

SEEDAUG_VEC __m128i to_f16_bits(F v) { return _mm256_cvtps_ph(v.v, _MM_FROUND_TO_NEAREST_INT); }
SEEDAUG_VEC F round_f16(F v) { return {_mm256_cvtph_ps(to_f16_bits(canonical(v)))}; }
SEEDAUG_VEC F round_bf16(F v) {
  const __m256i bits = _mm256_castps_si256(v.v);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i sum = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
  const __m256i cut = _mm256_and_si256(sum, _mm256_set1_epi32(static_cast<int>(0xffff0000)));
  return or_nan(v, {_mm256_castsi256_ps(cut)});
}

SEEDAUG_VEC F reversed(F a) {
  return {_mm256_permutevar8x32_ps(a.v, _mm256_set_epi32(0, 1, 2, 3, 4, 5, 6, 7))};
}
SEEDAUG_VEC F load(const float* p) { return {_mm256_loadu_ps(p)}; }
SEEDAUG_VEC F load_u8(const uint8_t* p) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes))};
}
SEEDAUG_VEC F load_f16(const uint16_t* p) {
  return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
SEEDAUG_VEC F load_bf16(const uint16_t* p) {
  const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16))};
}

SEEDAUG_VEC void store(float* p, F v) { _mm256_storeu_ps(p, v.v); }
SEEDAUG_VEC __m128i narrow(__m256i words) {  // eight values below 2^16
  return _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}
// v holds integers in [0, 255].
SEEDAUG_VEC void store_u8(uint8_t* p, F v) {
  const __m128i shorts = narrow(_mm256_cvttps_epi32(v.v));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(shorts, shorts));
}
// v holds values of the type already.
SEEDAUG_VEC void store_f16(uint16_t* p, F v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), to_f16_bits(v));
}
SEEDAUG_VEC void store_bf16(uint16_t* p, F v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                   narrow(_mm256_srli_epi32(_mm256_castps_si256(v.v), 16)));
}

// Four counters, one a 64-bit lane. The widening multiply reads the lower halves only, so the upper
// halves may hold anything between rounds.
struct U {
  static constexpr int kCounters = 4;
  __m256i v;
};

SEEDAUG_VEC U broadcast_word(uint32_t a) { return {_mm256_set1_epi64x(a)}; }
SEEDAUG_VEC U wide_multiply(U a, U b) { return {_mm256_mul_epu32(a.v, b.v)}; }
SEEDAUG_VEC U high_word(U a) { return {_mm256_srli_epi64(a.v, 32)}; }
SEEDAUG_VEC U xor3(U a, U b, U c) { return {_mm256_xor_si256(_mm256_xor_si256(a.v, b.v), c.v)}; }

// Lanes hold blocks in the order 0 2 1 3, so that interleaving pairs of lanes yields block order.
SEEDAUG_VEC U block_numbers(uint32_t first) {
  return {_mm256_add_epi32(_mm256_set1_epi64x(first), _mm256_set_epi64x(3, 1, 2, 0))};
}

// Words a and b of each block as neighbouring 32-bit lanes.
SEEDAUG_VEC I join(U a, U b) { return {_mm256_blend_epi32(a.v, _mm256_slli_epi64(b.v, 32), 0xaa)}; }

// first = words (0, 1) and second = words (2, 3) of each block, to four blocks of
// four words in order.
SEEDAUG_VEC void store_blocks(uint32_t* out, I first, I second) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_unpacklo_epi64(first.v, second.v));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 8),
                      _mm256_unpackhi_epi64(first.v, second.v));
}

// even = elements (0, 2) and odd = elements (1, 3) of each block, to order.
SEEDAUG_VEC void store_pairs(float* out, F even, F odd) {
  _mm256_storeu_ps(out, _mm256_unpacklo_ps(even.v, odd.v));
  _mm256_storeu_ps(out + 8, _mm256_unpackhi_ps(even.v, odd.v));
}

}  // namespace seedaug::avx2
