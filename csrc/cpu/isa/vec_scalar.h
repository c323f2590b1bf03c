// Plain C++: a few lanes in arrays, for processors without one of the instruction sets,
// and as the tests' twin.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/scalar_math.h"

namespace seedaug::scalar {

#define SEEDAUG_VEC \
  inline  // this namespace is compiled once, without special flags: the linker may keep it

struct I {
  int32_t v[8];
};

struct F {
  static constexpr int kWidth = 8;
  float v[8];
};

#define SEEDAUG_LANES(R, expression)               \
  R r;                                             \
  for (int l = 0; l < 8; ++l) r.v[l] = expression; \
  return r

SEEDAUG_VEC F constant_like(F, float a) { SEEDAUG_LANES(F, a); }
SEEDAUG_VEC I constant_like(I, int32_t a) { SEEDAUG_LANES(I, a); }
SEEDAUG_VEC F broadcast(float a) { SEEDAUG_LANES(F, a); }

SEEDAUG_VEC F operator+(F a, F b) { SEEDAUG_LANES(F, a.v[l] + b.v[l]); }
SEEDAUG_VEC F operator-(F a, F b) { SEEDAUG_LANES(F, a.v[l] - b.v[l]); }
SEEDAUG_VEC F operator*(F a, F b) { SEEDAUG_LANES(F, a.v[l] * b.v[l]); }
SEEDAUG_VEC F fused(F a, F b, F c) { SEEDAUG_LANES(F, seedaug::fused(a.v[l], b.v[l], c.v[l])); }
SEEDAUG_VEC F root(F a) { SEEDAUG_LANES(F, seedaug::root(a.v[l])); }

SEEDAUG_VEC I operator+(I a, I b) { SEEDAUG_LANES(I, a.v[l] + b.v[l]); }
SEEDAUG_VEC I operator-(I a, I b) { SEEDAUG_LANES(I, a.v[l] - b.v[l]); }
SEEDAUG_VEC I operator&(I a, I b) { SEEDAUG_LANES(I, a.v[l] & b.v[l]); }
SEEDAUG_VEC I operator^(I a, I b) { SEEDAUG_LANES(I, a.v[l] ^ b.v[l]); }
SEEDAUG_VEC I shift_left(I a, int n) { SEEDAUG_LANES(I, seedaug::shift_left(a.v[l], n)); }
SEEDAUG_VEC I shift_right(I a, int n) { SEEDAUG_LANES(I, a.v[l] >> n); }
SEEDAUG_VEC I shift_right_logical(I a, int n) {
  SEEDAUG_LANES(I, static_cast<int32_t>(static_cast<uint32_t>(a.v[l]) >> n));
}

SEEDAUG_VEC F to_float(I a) { SEEDAUG_LANES(F, static_cast<float>(a.v[l])); }
SEEDAUG_VEC I as_bits(F a) { SEEDAUG_LANES(I, seedaug::as_bits(a.v[l])); }
SEEDAUG_VEC F as_float(I a) { SEEDAUG_LANES(F, seedaug::as_float(a.v[l])); }
SEEDAUG_VEC F pick(I odd, F a, F b) { SEEDAUG_LANES(F, seedaug::pick(odd.v[l], a.v[l], b.v[l])); }

SEEDAUG_VEC F clamp(F v, F low, F high) {
  SEEDAUG_LANES(F, seedaug::clamp(v.v[l], low.v[l], high.v[l]));
}
SEEDAUG_VEC F saturate_u8(F v) { SEEDAUG_LANES(F, seedaug::saturate_u8(v.v[l])); }
SEEDAUG_VEC F truncate(F v) { SEEDAUG_LANES(F, seedaug::truncate(v.v[l])); }
SEEDAUG_VEC F canonical(F v) { SEEDAUG_LANES(F, seedaug::canonical(v.v[l])); }
SEEDAUG_VEC F round_f16(F v) { SEEDAUG_LANES(F, f16_to_float(float_to_f16(v.v[l]))); }
SEEDAUG_VEC F round_bf16(F v) { SEEDAUG_LANES(F, bf16_to_float(float_to_bf16(v.v[l]))); }

SEEDAUG_VEC F reversed(F a) { SEEDAUG_LANES(F, a.v[7 - l]); }
SEEDAUG_VEC F load(const float* p) { SEEDAUG_LANES(F, p[l]); }
SEEDAUG_VEC F load_u8(const uint8_t* p) { SEEDAUG_LANES(F, static_cast<float>(p[l])); }
SEEDAUG_VEC F load_f16(const uint16_t* p) { SEEDAUG_LANES(F, f16_to_float(p[l])); }
SEEDAUG_VEC F load_bf16(const uint16_t* p) { SEEDAUG_LANES(F, bf16_to_float(p[l])); }

SEEDAUG_VEC void store(float* p, F v) {
  for (int l = 0; l < 8; ++l) p[l] = v.v[l];
}
// v holds integers in [0, 255].
SEEDAUG_VEC void store_u8(uint8_t* p, F v) {
  for (int l = 0; l < 8; ++l) p[l] = static_cast<uint8_t>(v.v[l]);
}
// v holds values of the type already.
SEEDAUG_VEC void store_f16(uint16_t* p, F v) {
  for (int l = 0; l < 8; ++l) p[l] = float_to_f16(v.v[l]);
}
SEEDAUG_VEC void store_bf16(uint16_t* p, F v) {
  for (int l = 0; l < 8; ++l) p[l] = float_to_bf16(v.v[l]);
}

// Four counters.
struct U {
  static constexpr int kCounters = 4;
  uint64_t v[4];
};

#define SEEDAUG_COUNTERS(expression)               \
  U r;                                             \
  for (int l = 0; l < 4; ++l) r.v[l] = expression; \
  return r

SEEDAUG_VEC U broadcast_word(uint32_t a) { SEEDAUG_COUNTERS(a); }
SEEDAUG_VEC U wide_multiply(U a, U b) {
  SEEDAUG_COUNTERS((a.v[l] & 0xffffffff) * (b.v[l] & 0xffffffff));
}
SEEDAUG_VEC U high_word(U a) { SEEDAUG_COUNTERS(a.v[l] >> 32); }
SEEDAUG_VEC U xor3(U a, U b, U c) { SEEDAUG_COUNTERS(a.v[l] ^ b.v[l] ^ c.v[l]); }
SEEDAUG_VEC U block_numbers(uint32_t first) { SEEDAUG_COUNTERS(first + static_cast<uint32_t>(l)); }

// Words a and b of each block as neighbouring 32-bit lanes.
SEEDAUG_VEC I join(U a, U b) {
  SEEDAUG_LANES(I, static_cast<int32_t>(l % 2 ? b.v[l / 2] : a.v[l / 2]));
}

// first = words (0, 1) and second = words (2, 3) of each block, to four blocks of
// four words in order.
SEEDAUG_VEC void store_blocks(uint32_t* out, I first, I second) {
  for (int l = 0; l < 8; ++l) {
    const int at = l / 2 * 4 + l % 2;
    out[at] = static_cast<uint32_t>(first.v[l]);
    out[at + 2] = static_cast<uint32_t>(second.v[l]);
  }
}

// even = elements (0, 2) and odd = elements (1, 3) of each block, to order.
SEEDAUG_VEC void store_pairs(float* out, F even, F odd) {
  for (int l = 0; l < 8; ++l) {
    out[2 * l] = even.v[l];
    out[2 * l + 1] = odd.v[l];
  }
}

}  // namespace seedaug::scalar
