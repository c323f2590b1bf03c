// The keyed shuffle: Fisher and Yates (1938) in Durstenfeld's form, one word of the stream a swap.
#pragma once

#include <cstdint>

#include "core/counter.h"
#include "core/uniform.h"

namespace seedaug {

// Indices that can be shuffled: a word of 32 bits reaches no further than 2^32 places.
constexpr int64_t kMaxShuffled = int64_t{1} << 32;

// The stream of an epoch's order: kind shuffle, index 0.
SEEDAUG_HD constexpr Stream shuffle_stream(uint64_t seed, uint32_t epoch, uint32_t worker) {
  return stream(pack({seed, epoch, worker, 0}), kind::shuffle, 0);
}

// Step s (0, 1, ... n - 2) swaps order[n - 1 - s] with order[bounded(word of element s, n - s)].
SEEDAUG_HD constexpr int64_t swap_partner(uint32_t word, int64_t n, int64_t s) {
  return bounded(word, static_cast<uint64_t>(n - s));
}

}  // namespace seedaug
