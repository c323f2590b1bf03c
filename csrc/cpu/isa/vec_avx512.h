// AVX-512 (F, BW, DQ, VL): 16 floats, 8 counters.
#pragma once

// GCC 12 warns of "uninitialized" values inside its own AVX-512 header (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

#include <cstdint>

#include "core/scalar_math.h"

namespace seedaug::avx512 {

#define SEEDAUG_VEC __attribute__((always_inline)) inline

struct I {
  __m512i v;
};

struct F {
  static constexpr int kWidth = 16;
  __m512 v;
};

SEEDAUG_VEC F constant_like(F, float a) { return {_mm512_set1_ps(a)}; }
SEEDAUG_VEC I constant_like(I, int32_t a) { return {_mm512_set1_epi32(a)}; }
SEEDAUG_VEC F broadcast(float a) { return {_mm512_set1_ps(a)}; }

SEEDAUG_VEC F operator+(F a, F b) { return {_mm512_add_ps(a.v, b.v)}; }
SEEDAUG_VEC F operator-(F a, F b) { return {_mm512_sub_ps(a.v, b.v)}; }
SEEDAUG_VEC F operator*(F a, F b) { return {_mm512_mul_ps(a.v, b.v)}; }
SEEDAUG_VEC F fused(F a, F b, F c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
SEEDAUG_VEC F root(F a) { return {_mm512_sqrt_ps(a.v)}; }

SEEDAUG_VEC I operator+(I a, I b) { return {_mm512_add_epi32(a.v, b.v)}; }
SEEDAUG_VEC I operator-(I a, I b) { return {_mm512_sub_epi32(a.v, b.v)}; }
SEEDAUG_VEC I operator&(I a, I b) { return {_mm512_and_si512(a.v, b.v)}; }
SEEDAUG_VEC I operator^(I a, I b) { return {_mm512_xor_si512(a.v, b.v)}; }
SEEDAUG_VEC I shift_left(I a, int n) { return {_mm512_slli_epi32(a.v, n)}; }
SEEDAUG_VEC I shift_right(I a, int n) { return {_mm512_srai_epi32(a.v, n)}; }
SEEDAUG_VEC I shift_right_logical(I a, int n) { return {_mm512_srli_epi32(a.v, n)}; }

SEEDAUG_VEC F to_float(I a) { return {_mm512_cvtepi32_ps(a.v)}; }
SEEDAUG_VEC I as_bits(F a) { return {_mm512_castps_si512(a.v)}; }
SEEDAUG_VEC F as_float(I a) { return {_mm512_castsi512_ps(a.v)}; }
SEEDAUG_VEC F pick(I odd, F a, F b) {
  return {_mm512_mask_blend_ps(_mm512_test_epi32_mask(odd.v, _mm512_set1_epi32(1)), a.v, b.v)};
}

// The second operand of max and min is what comes out when either is NaN.
SEEDAUG_VEC F clamp(F v, F low, F high) {
  return {_mm512_min_ps(high.v, _mm512_max_ps(low.v, v.v))};
}
SEEDAUG_VEC F saturate_u8(F v) {
  return {_mm512_min_ps(_mm512_max_ps(v.v, _mm512_setzero_ps()), _mm512_set1_ps(255.0f))};
}
SEEDAUG_VEC F truncate(F v) { return {_mm512_cvtepi32_ps(_mm512_cvttps_epi32(v.v))}; }
SEEDAUG_VEC F canonical(F v) {
  const __mmask16 nan = _mm512_cmp_ps_mask(v.v, v.v, _CMP_UNORD_Q);
  return {_mm512_mask_mov_ps(v.v, nan, _mm512_castsi512_ps(_mm512_set1_epi32(0x7fc00000)))};
}

SEEDAUG_VEC __m256i to_f16_bits(F v) { return _mm512_cvtps_ph(v.v, _MM_FROUND_TO_NEAREST_INT); }
SEEDAUG_VEC F round_f16(F v) { return {_mm512_cvtph_ps(to_f16_bits(canonical(v)))}; }
SEEDAUG_VEC F round_bf16(F v) {
  const __m512i bits = _mm512_castps_si512(v.v);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i sum = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  const __m512i cut = _mm512_and_si512(sum, _mm512_set1_epi32(static_cast<int>(0xffff0000)));
  const __mmask16 nan = _mm512_cmp_ps_mask(v.v, v.v, _CMP_UNORD_Q);
  return {_mm512_castsi512_ps(_mm512_mask_mov_epi32(cut, nan, _mm512_set1_epi32(0x7fc00000)))};
}

SEEDAUG_VEC F reversed(F a) {
  const __m512i order = _mm512_set_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return {_mm512_permutexvar_ps(order, a.v)};
}
SEEDAUG_VEC F load(const float* p) { return {_mm512_loadu_ps(p)}; }
SEEDAUG_VEC F load_u8(const uint8_t* p) {
  return {_mm512_cvtepi32_ps(
      _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
}
SEEDAUG_VEC F load_f16(const uint16_t* p) {
  return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
SEEDAUG_VEC F load_bf16(const uint16_t* p) {
  const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16))};
}

SEEDAUG_VEC void store(float* p, F v) { _mm512_storeu_ps(p, v.v); }
// v holds integers in [0, 255].
SEEDAUG_VEC void store_u8(uint8_t* p, F v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(v.v)));
}
// v holds values of the type already.
SEEDAUG_VEC void store_f16(uint16_t* p, F v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), to_f16_bits(v));
}
SEEDAUG_VEC void store_bf16(uint16_t* p, F v) {
  const __m512i bits = _mm512_srli_epi32(_mm512_castps_si512(v.v), 16);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(bits));
}

// Eight counters, one a 64-bit lane. The widening multiply reads the lower halves only, so the
// upper halves may hold anything between rounds.
struct U {
  static constexpr int kCounters = 8;
  __m512i v;
};

SEEDAUG_VEC U broadcast_word(uint32_t a) { return {_mm512_set1_epi64(a)}; }
SEEDAUG_VEC U wide_multiply(U a, U b) { return {_mm512_mul_epu32(a.v, b.v)}; }
SEEDAUG_VEC U high_word(U a) { return {_mm512_srli_epi64(a.v, 32)}; }
SEEDAUG_VEC U xor3(U a, U b, U c) { return {_mm512_ternarylogic_epi64(a.v, b.v, c.v, 0x96)}; }

// Lanes hold blocks in the order 0 4 1 5 2 6 3 7, so that interleaving pairs of
// lanes yields block order.
SEEDAUG_VEC U block_numbers(uint32_t first) {
  const __m512i order = _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0);
  return {_mm512_add_epi32(_mm512_set1_epi64(first), order)};
}

// Words a and b of each block as neighbouring 32-bit lanes.
SEEDAUG_VEC I join(U a, U b) {
  return {_mm512_mask_shuffle_epi32(a.v, 0xaaaa, b.v, static_cast<_MM_PERM_ENUM>(0xa0))};
}

// first = words (0, 1) and second = words (2, 3) of each block, to eight blocks of
// four words in order.
SEEDAUG_VEC void store_blocks(uint32_t* out, I first, I second) {
  _mm512_storeu_si512(out, _mm512_unpacklo_epi64(first.v, second.v));
  _mm512_storeu_si512(out + 16, _mm512_unpackhi_epi64(first.v, second.v));
}

// even = elements (0, 2) and odd = elements (1, 3) of each block, to order.
SEEDAUG_VEC void store_pairs(float* out, F even, F odd) {
  _mm512_storeu_ps(out, _mm512_unpacklo_ps(even.v, odd.v));
  _mm512_storeu_ps(out + 16, _mm512_unpackhi_ps(even.v, odd.v));
}

}  // namespace seedaug::avx512
