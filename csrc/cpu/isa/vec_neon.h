// NEON (AArch64): 4 floats, 2 counters.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "core/scalar_math.h"

namespace seedaug::neon {

#define SEEDAUG_VEC __attribute__((always_inline)) inline

struct I {
  int32x4_t v;
};

struct F {
  static constexpr int kWidth = 4;
  float32x4_t v;
};

SEEDAUG_VEC F constant_like(F, float a) { return {vdupq_n_f32(a)}; }
SEEDAUG_VEC I constant_like(I, int32_t a) { return {vdupq_n_s32(a)}; }
SEEDAUG_VEC F broadcast(float a) { return {vdupq_n_f32(a)}; }

SEEDAUG_VEC F operator+(F a, F b) { return {vaddq_f32(a.v, b.v)}; }
SEEDAUG_VEC F operator-(F a, F b) { return {vsubq_f32(a.v, b.v)}; }
SEEDAUG_VEC F operator*(F a, F b) { return {vmulq_f32(a.v, b.v)}; }
SEEDAUG_VEC F fused(F a, F b, F c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
SEEDAUG_VEC F root(F a) { return {vsqrtq_f32(a.v)}; }

SEEDAUG_VEC I operator+(I a, I b) { return {vaddq_s32(a.v, b.v)}; }
SEEDAUG_VEC I operator-(I a, I b) { return {vsubq_s32(a.v, b.v)}; }
SEEDAUG_VEC I operator&(I a, I b) { return {vandq_s32(a.v, b.v)}; }
SEEDAUG_VEC I operator^(I a, I b) { return {veorq_s32(a.v, b.v)}; }
SEEDAUG_VEC I shift_left(I a, int n) { return {vshlq_s32(a.v, vdupq_n_s32(n))}; }
SEEDAUG_VEC I shift_right(I a, int n) { return {vshlq_s32(a.v, vdupq_n_s32(-n))}; }
SEEDAUG_VEC I shift_right_logical(I a, int n) {
  return {vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a.v), vdupq_n_s32(-n)))};
}

SEEDAUG_VEC F to_float(I a) { return {vcvtq_f32_s32(a.v)}; }
SEEDAUG_VEC I as_bits(F a) { return {vreinterpretq_s32_f32(a.v)}; }
SEEDAUG_VEC F as_float(I a) { return {vreinterpretq_f32_s32(a.v)}; }
SEEDAUG_VEC F select(uint32x4_t mask, F yes, F no) { return {vbslq_f32(mask, yes.v, no.v)}; }
SEEDAUG_VEC F pick(I odd, F a, F b) { return select(vtstq_s32(odd.v, vdupq_n_s32(1)), b, a); }

// Comparisons, not vmaxq and vminq: those turn -0 into +0 and NaN into the default NaN.
SEEDAUG_VEC F clamp(F v, F low, F high) {
  return select(vcltq_f32(v.v, low.v), low, select(vcgtq_f32(v.v, high.v), high, v));
}
SEEDAUG_VEC F saturate_u8(F v) {
  const F zero = broadcast(0.0f), top = broadcast(255.0f);
  return select(vcgtq_f32(v.v, zero.v), select(vcltq_f32(v.v, top.v), v, top), zero);
}
SEEDAUG_VEC F truncate(F v) { return {vcvtq_f32_s32(vcvtq_s32_f32(v.v))}; }
SEEDAUG_VEC F or_nan(F v, F otherwise) {  // the canonical NaN where v is NaN
  return select(vceqq_f32(v.v, v.v), otherwise, as_float(constant_like(I{}, 0x7fc00000)));
}
SEEDAUG_VEC F canonical(F v) { return or_nan(v, v); }

SEEDAUG_VEC float16x4_t to_f16_bits(F v) { return vcvt_f16_f32(v.v); }
SEEDAUG_VEC F round_f16(F v) { return {vcvt_f32_f16(to_f16_bits(canonical(v)))}; }
SEEDAUG_VEC F round_bf16(F v) {
  const uint32x4_t bits = vreinterpretq_u32_f32(v.v);
  const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint32x4_t sum = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
  return or_nan(v, {vreinterpretq_f32_u32(vandq_u32(sum, vdupq_n_u32(0xffff0000)))});
}

SEEDAUG_VEC F reversed(F a) {
  const float32x4_t pairs = vrev64q_f32(a.v);
  return {vextq_f32(pairs, pairs, 2)};
}
SEEDAUG_VEC F load(const float* p) { return {vld1q_f32(p)}; }
SEEDAUG_VEC F load_u8(const uint8_t* p) {
  uint32_t bytes;
  __builtin_memcpy(&bytes, p, 4);
  const uint16x8_t wide = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(bytes)));
  return {vcvtq_f32_u32(vmovl_u16(vget_low_u16(wide)))};
}
SEEDAUG_VEC F load_f16(const uint16_t* p) {
  return {vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)))};
}
SEEDAUG_VEC F load_bf16(const uint16_t* p) {
  return {vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16))};
}

SEEDAUG_VEC void store(float* p, F v) { vst1q_f32(p, v.v); }
// v holds integers in [0, 255].
SEEDAUG_VEC void store_u8(uint8_t* p, F v) {
  const uint16x4_t shorts = vmovn_u32(vcvtq_u32_f32(v.v));
  const uint8x8_t bytes = vmovn_u16(vcombine_u16(shorts, shorts));
  const uint32_t four = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
  __builtin_memcpy(p, &four, 4);
}
// v holds values of the type already.
SEEDAUG_VEC void store_f16(uint16_t* p, F v) { vst1_u16(p, vreinterpret_u16_f16(to_f16_bits(v))); }
SEEDAUG_VEC void store_bf16(uint16_t* p, F v) {
  vst1_u16(p, vshrn_n_u32(vreinterpretq_u32_f32(v.v), 16));
}

// Two counters, one a 64-bit lane; the upper halves may hold anything between rounds.
struct U {
  static constexpr int kCounters = 2;
  uint64x2_t v;
};

SEEDAUG_VEC U broadcast_word(uint32_t a) { return {vdupq_n_u64(a)}; }
SEEDAUG_VEC U wide_multiply(U a, U b) { return {vmull_u32(vmovn_u64(a.v), vmovn_u64(b.v))}; }
SEEDAUG_VEC U high_word(U a) { return {vshrq_n_u64(a.v, 32)}; }
SEEDAUG_VEC U xor3(U a, U b, U c) { return {veorq_u64(veorq_u64(a.v, b.v), c.v)}; }
SEEDAUG_VEC U block_numbers(uint32_t first) {
  const uint64_t numbers[2] = {first, static_cast<uint32_t>(first + 1)};
  return {vld1q_u64(numbers)};
}

// Words a and b of each block as neighbouring 32-bit lanes.
SEEDAUG_VEC I join(U a, U b) {
  return {vtrn1q_s32(vreinterpretq_s32_u64(a.v), vreinterpretq_s32_u64(b.v))};
}

// first = words (0, 1) and second = words (2, 3) of each block, to two blocks of
// four words in order.
SEEDAUG_VEC void store_blocks(uint32_t* out, I first, I second) {
  const uint64x2_t a = vreinterpretq_u64_s32(first.v), b = vreinterpretq_u64_s32(second.v);
  vst1q_u32(out, vreinterpretq_u32_u64(vzip1q_u64(a, b)));
  vst1q_u32(out + 4, vreinterpretq_u32_u64(vzip2q_u64(a, b)));
}

// even = elements (0, 2) and odd = elements (1, 3) of each block, to order.
SEEDAUG_VEC void store_pairs(float* out, F even, F odd) {
  vst1q_f32(out, vzip1q_f32(even.v, odd.v));
  vst1q_f32(out + 4, vzip2q_f32(even.v, odd.v));
}

}  // namespace seedaug::neon
