// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy
// as 1, 2, 3", SC 2011).
//
// A stateless bijection of 128-bit counters for each 64-bit key; its known answers stand below.
#pragma once

#include <cstdint>

#include "core/target.h"

namespace seedaug {

struct Counter {
  uint32_t c0, c1, c2, c3;
};

struct PhiloxKey {
  uint32_t k0, k1;
};

// The 128-bit output of one evaluation, as four 32-bit words.
struct Block {
  uint32_t w0, w1, w2, w3;

  SEEDAUG_HD constexpr uint32_t word(int i) const {
    return i == 0 ? w0 : i == 1 ? w1 : i == 2 ? w2 : w3;
  }
};

namespace philox {

constexpr uint32_t kMultiplier0 = 0xD2511F53;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;  // golden ratio
constexpr uint32_t kWeyl1 = 0xBB67AE85;  // sqrt(3) - 1
constexpr int kRounds = 10;

#if defined(__CUDA_ARCH__)
// Said as the one instruction that it is: of a product of 64-bit numbers ptxas adds up the upper
// halves too, though they are zero.
__device__ __forceinline__ uint64_t widening_multiply(uint32_t a, uint32_t b) {
  uint64_t product;
  asm("mul.wide.u32 %0, %1, %2;" : "=l"(product) : "r"(a), "r"(b));
  return product;
}
#endif

SEEDAUG_HD constexpr uint64_t product(uint32_t multiplier, uint32_t word) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) return widening_multiply(multiplier, word);
#endif
  return uint64_t{multiplier} * word;
}

SEEDAUG_HD constexpr Counter round(Counter c, PhiloxKey k) {
  const uint64_t p0 = product(kMultiplier0, c.c0);
  const uint64_t p1 = product(kMultiplier1, c.c2);
  return {static_cast<uint32_t>(p1 >> 32) ^ c.c1 ^ k.k0, static_cast<uint32_t>(p1),
          static_cast<uint32_t>(p0 >> 32) ^ c.c3 ^ k.k1, static_cast<uint32_t>(p0)};
}

}  // namespace philox

SEEDAUG_HD constexpr Block philox4x32_10(Counter counter, PhiloxKey key) {
  for (int i = 0; i < philox::kRounds; ++i) {
    counter = philox::round(counter, key);
    key = {key.k0 + philox::kWeyl0, key.k1 + philox::kWeyl1};
  }
  return {counter.c0, counter.c1, counter.c2, counter.c3};
}

namespace philox {

constexpr bool equal(Block a, Block b) {
  return a.w0 == b.w0 && a.w1 == b.w1 && a.w2 == b.w2 && a.w3 == b.w3;
}

// The three known answers that Random123 publishes for philox4x32-10.
static_assert(equal(philox4x32_10({0, 0, 0, 0}, {0, 0}),
                    {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
static_assert(equal(philox4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                                  {0xffffffff, 0xffffffff}),
                    {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
static_assert(equal(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                                  {0xa4093822, 0x299f31d0}),
                    {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
// C++26: the 10000th value of a default-constructed std::philox4x32 (seed 20111115) is 1955073260.
static_assert(philox4x32_10({2499, 0, 0, 0}, {20111115, 0}).w3 == 1955073260);

}  // namespace philox
}  // namespace seedaug
