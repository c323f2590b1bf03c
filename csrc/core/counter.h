// Coordinates <-> packed key <-> Philox counter: the layout of the stream contract, version 1.
//
//   c0  [31:0] block
//   c1  [31:0] index[31:0]
//   c2  [31:8] epoch   [7:0] index[39:32]
//   c3  [31:12] worker [11:5] kind [4:0] occurrence (top bit: stage)
#pragma once

#include <cstdint>

#include "core/kinds.h"
#include "core/philox.h"

namespace seedaug {

constexpr int64_t kMaxEpoch = (int64_t{1} << 24) - 1;
constexpr int64_t kMaxWorker = (int64_t{1} << 20) - 1;
constexpr int64_t kMaxIndex = (int64_t{1} << 40) - 1;
constexpr int kOccurrencesPerStage = 16;
constexpr int kMaxOccurrence = 2 * kOccurrencesPerStage - 1;
constexpr uint32_t kParameterBlocks = 16;  // blocks 0 ... 15 are parameters, 16 ... are elements
constexpr int64_t kMaxElements = (int64_t{1} << 34) - 4 * int64_t{kParameterBlocks};

struct Coordinates {
  uint64_t seed;
  uint32_t epoch, worker;
  uint64_t index;
};

// What travels in a key tensor: int64[3] = (seed, c0 | c1 << 32, c2 | c3 << 32), with c0 = 0, kind
// 0 and occurrence 0.
struct PackedKey {
  uint64_t seed, low, high;
};

// One transform's own sequence within a sample: every counter word but the block.
struct Stream {
  PhiloxKey key;
  uint32_t c1, c2, c3;

  SEEDAUG_HD constexpr Block block(uint32_t number) const {
    return philox4x32_10({number, c1, c2, c3}, key);
  }
  // Element e uses word e % 4 of block 16 + e / 4.
  SEEDAUG_HD constexpr Block element_block(uint64_t quad) const {
    return block(kParameterBlocks + static_cast<uint32_t>(quad));
  }
};

SEEDAUG_HD constexpr PackedKey pack(const Coordinates& at) {
  const uint32_t c1 = static_cast<uint32_t>(at.index);
  const uint32_t c2 = at.epoch << 8 | static_cast<uint32_t>(at.index >> 32);
  const uint32_t c3 = at.worker << 12;
  return {at.seed, uint64_t{c1} << 32, uint64_t{c3} << 32 | c2};
}

SEEDAUG_HD constexpr Coordinates unpack(const PackedKey& key) {
  const uint32_t c2 = static_cast<uint32_t>(key.high);
  const uint32_t c3 = static_cast<uint32_t>(key.high >> 32);
  return {key.seed, c2 >> 8, c3 >> 12, key.low >> 32 | uint64_t{c2 & 0xff} << 32};
}

// Whether the fields that a packed key must leave empty (block, kind, occurrence) are zero.
SEEDAUG_HD constexpr bool is_packed_key(const PackedKey& key) {
  return static_cast<uint32_t>(key.low) == 0 && (key.high >> 32 & 0xfff) == 0;
}

// From one row of a key tensor.
SEEDAUG_HD constexpr PackedKey packed_key(const int64_t* words) {
  return {static_cast<uint64_t>(words[0]), static_cast<uint64_t>(words[1]),
          static_cast<uint64_t>(words[2])};
}

SEEDAUG_HD constexpr Stream stream(const PackedKey& key, uint32_t kind, uint32_t occurrence) {
  return {{static_cast<uint32_t>(key.seed), static_cast<uint32_t>(key.seed >> 32)},
          static_cast<uint32_t>(key.low >> 32),
          static_cast<uint32_t>(key.high),
          static_cast<uint32_t>(key.high >> 32) | kind << 5 | occurrence};
}

// The sample of the known answers.
constexpr PackedKey kKnownSample = pack({0x0123456789abcdef, 7, 3, 0x1122334455});

namespace counter_proof {

constexpr Coordinates kCorner{~uint64_t{0}, kMaxEpoch, kMaxWorker, kMaxIndex};
static_assert(unpack(pack(kCorner)).seed == kCorner.seed);
static_assert(unpack(pack(kCorner)).epoch == kCorner.epoch);
static_assert(unpack(pack(kCorner)).worker == kCorner.worker);
static_assert(unpack(pack(kCorner)).index == kCorner.index);
static_assert(is_packed_key(pack(kCorner)));
static_assert(stream(pack(kCorner), 127, 31).c3 == 0xffffffff);

constexpr Stream kSpelled = stream(kKnownSample, 8, 17);
static_assert(kSpelled.key.k0 == 0x89abcdef && kSpelled.key.k1 == 0x01234567);
static_assert(kSpelled.c1 == 0x22334455);
static_assert(kSpelled.c2 == (7u << 8 | 0x11));
static_assert(kSpelled.c3 == (3u << 12 | 8u << 5 | 17u));

}  // namespace counter_proof
}  // namespace seedaug
