// From 32-bit words to decisions: the gate of a probability, bounded integers, uniforms in [0, 1).
#pragma once

#include <cstdint>

#include "core/target.h"

namespace seedaug {

// floor(p * 2^32 + 0.5) in float64 for p in [0, 1]; p = 1 gives 2^32, which every word is below.
SEEDAUG_HD constexpr uint64_t gate_threshold(double p) {
  return static_cast<uint64_t>(p * 4294967296.0 + 0.5);
}

SEEDAUG_HD constexpr bool gate(uint32_t word, uint64_t threshold) { return word < threshold; }

// Uniform in [0, n), 1 <= n <= 2^32, by the multiply-shift of Lemire (2019) without its rejection:
// the probability of each value is within 2^-32 of 1 / n.
SEEDAUG_HD constexpr uint32_t bounded(uint32_t word, uint64_t n) {
  return static_cast<uint32_t>((word * n) >> 32);
}

// Uniform in [0, 1): the word's upper 24 bits times 2^-24, exact.
SEEDAUG_HD constexpr float uniform(uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24f;
}

static_assert(gate_threshold(0.0) == 0 && gate_threshold(0.5) == uint64_t{1} << 31);
// The sum is rounded too: 0.5 - 2^-54 and a half are 1.
static_assert(gate_threshold(0x1.fffffffffffffp-34) == 1);
static_assert(gate_threshold(1.0) == uint64_t{1} << 32);
static_assert(!gate(0, gate_threshold(0.0)) && gate(0xffffffff, gate_threshold(1.0)));
static_assert(bounded(0xffffffff, 33) == 32 && bounded(0, 33) == 0 &&
              bounded(0x80000000, 33) == 16);
static_assert(uniform(0xffffffff) == 1.0f - 0x1p-24f && uniform(0xff) == 0.0f);

}  // namespace seedaug
