// Philox over many blocks: one counter a 64-bit lane, several independent chains to
// hide the multiplies.
#pragma once

#include "core/counter.h"
#include "core/normal.h"
#include "cpu/isa/vec.h"

namespace seedaug::SEEDAUG_ISA_NAME {

// Four chains of four vectors fit 32 registers, three fit 16 best; plain C++ gains nothing from
// more than one.
constexpr int kChains = SEEDAUG_ISA_CODE == 0 ? 1 : SEEDAUG_ISA_CODE == 1 ? 3 : 4;
constexpr int kGroup = 4 * U::kCounters;  // words of one vector of counters
constexpr int kBatch = kChains * kGroup;  // words of all chains

struct Lanes {
  U x0, x1, x2, x3;
};

SEEDAUG_VEC Lanes counters(const Stream& s, uint32_t first_block) {
  return {block_numbers(first_block), broadcast_word(s.c1), broadcast_word(s.c2),
          broadcast_word(s.c3)};
}

// The round keys in all lanes, made once a call: the rounds then read them as memory operands.
struct Schedule {
  U k0[philox::kRounds], k1[philox::kRounds];
};

SEEDAUG_VEC Schedule schedule(PhiloxKey key) {
  Schedule s;
  for (int r = 0; r < philox::kRounds; ++r) {
    s.k0[r] = broadcast_word(key.k0);
    s.k1[r] = broadcast_word(key.k1);
    key = {key.k0 + philox::kWeyl0, key.k1 + philox::kWeyl1};
  }
  return s;
}

// The ten rounds on N vectors of counters, interleaved.
template <int N>
SEEDAUG_VEC void evaluate(Lanes (&lanes)[N], const Schedule& keys) {
  const U m0 = broadcast_word(philox::kMultiplier0), m1 = broadcast_word(philox::kMultiplier1);
#pragma GCC unroll 10
  for (int r = 0; r < philox::kRounds; ++r) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) {
      Lanes& x = lanes[n];
      const U p0 = wide_multiply(x.x0, m0), p1 = wide_multiply(x.x2, m1);
      x = {xor3(high_word(p1), x.x1, keys.k0[r]), p1, xor3(high_word(p0), x.x3, keys.k1[r]), p0};
    }
  }
}

// What a block becomes; each writes kGroup values in element order.
struct AsWords {
  using Value = uint32_t;
  static SEEDAUG_VEC void write(uint32_t* out, const Lanes& x) {
    store_blocks(out, join(x.x0, x.x1), join(x.x2, x.x3));
  }
};

struct AsUniforms {
  using Value = float;
  static SEEDAUG_VEC void write(float* out, const Lanes& x) {
    const F scale = broadcast(0x1p-24f);
    const I first = shift_right_logical(join(x.x0, x.x1), 8),
            second = shift_right_logical(join(x.x2, x.x3), 8);
    store_blocks(reinterpret_cast<uint32_t*>(out), as_bits(to_float(first) * scale),
                 as_bits(to_float(second) * scale));
  }
};

struct AsNormals {
  using Value = float;
  static SEEDAUG_VEC void write(float* out, const Lanes& x) {
    const I a = shift_right_logical(join(x.x0, x.x2), 8),
            b = shift_right_logical(join(x.x1, x.x3), 8);
    const auto z = box_muller(a, b);
    store_pairs(out, z.cos, z.sin);
  }
};

template <class As, int N>
SEEDAUG_VEC void write_blocks(const Stream& s, const Schedule& keys, uint32_t block,
                              typename As::Value* out) {
  Lanes lanes[N];
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n)
    lanes[n] = counters(s, block + static_cast<uint32_t>(n * U::kCounters));
  evaluate(lanes, keys);
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n) As::write(out + n * kGroup, lanes[n]);
}

// `count` values from the beginning of a block on.
template <class As>
void fill_from_block(const Stream& s, uint32_t block, int64_t count, typename As::Value* out) {
  const Schedule keys = schedule(s.key);
  for (; kChains > 1 && count >= kBatch; count -= kBatch, out += kBatch, block += kBatch / 4) {
    write_blocks<As, kChains>(s, keys, block, out);
  }
  for (; count >= kGroup; count -= kGroup, out += kGroup, block += kGroup / 4) {
    write_blocks<As, 1>(s, keys, block, out);
  }
  if (count > 0) {
    typename As::Value rest[kGroup];
    write_blocks<As, 1>(s, keys, block, rest);
    for (int64_t i = 0; i < count; ++i) out[i] = rest[i];
  }
}

// Elements first ... first + count - 1: a partial block, then whole ones.
template <class As>
void fill_elements(const Stream& s, uint64_t first, int64_t count, typename As::Value* out) {
  uint32_t block = kParameterBlocks + static_cast<uint32_t>(first / 4);
  const int skip = static_cast<int>(first % 4);
  if (skip != 0 && count > 0) {
    typename As::Value head[kGroup];
    write_blocks<As, 1>(s, schedule(s.key), block++, head);
    const int64_t taken = count < 4 - skip ? count : 4 - skip;
    for (int64_t i = 0; i < taken; ++i) out[i] = head[skip + i];
    out += taken;
    count -= taken;
  }
  fill_from_block<As>(s, block, count, out);
}

// The same arithmetic on given words.
inline void box_muller_pairs(const uint32_t* words, int64_t pairs, float* out) {
  for (int64_t i = 0; i < pairs; i += F::kWidth) {
    const int count = static_cast<int>(pairs - i < F::kWidth ? pairs - i : F::kWidth);
    float a[F::kWidth] = {}, b[F::kWidth] = {}, cos[F::kWidth], sin[F::kWidth];
    for (int l = 0; l < count; ++l) {
      a[l] = seedaug::as_float(static_cast<int32_t>(words[2 * (i + l)] >> 8));
      b[l] = seedaug::as_float(static_cast<int32_t>(words[2 * (i + l) + 1] >> 8));
    }
    const auto z = box_muller(as_bits(load(a)), as_bits(load(b)));
    store(cos, z.cos);
    store(sin, z.sin);
    for (int l = 0; l < count; ++l) {
      out[2 * (i + l)] = cos[l];
      out[2 * (i + l) + 1] = sin[l];
    }
  }
}

}  // namespace seedaug::SEEDAUG_ISA_NAME
