// 32-bit words of packed elements: loads, stores, byte permutations; and division by an invariant.
// Everything in a plain form for the host, so that tests can walk the kernels there.
#pragma once

#include <cstdint>
#include <cstring>

#include "core/target.h"

namespace seedaug::cuda {

// Bytes of the pair (a, b), numbered 0 ... 7 from a's lowest: nibble i of the
// selector picks byte i.
SEEDAUG_HD uint32_t permute(uint32_t a, uint32_t b, uint32_t selector) {
#if defined(__CUDA_ARCH__)
  return __byte_perm(a, b, selector);
#else
  const uint64_t both = uint64_t{b} << 32 | a;
  uint32_t result = 0;
  for (int i = 0; i < 4; ++i) {
    const auto byte = static_cast<uint32_t>(both >> 8 * (selector >> 4 * i & 7) & 0xff);
    result |= byte << 8 * i;
  }
  return result;
#endif
}

// `from` is aligned to 4 bytes (on the host nothing depends on it).
SEEDAUG_HD uint32_t read_word(const char* from) {
#if defined(__CUDA_ARCH__)
  return __ldg(reinterpret_cast<const uint32_t*>(from));
#else
  uint32_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
#endif
}

template <class Integer>
SEEDAUG_HD Integer read_integer(const char* from) {
#if defined(__CUDA_ARCH__)
  return __ldg(reinterpret_cast<const Integer*>(from));
#else
  Integer value;
  std::memcpy(&value, from, sizeof value);
  return value;
#endif
}

SEEDAUG_HD bool is_aligned(const char* at, int bytes) {
  return (reinterpret_cast<uintptr_t>(at) & static_cast<uintptr_t>(bytes - 1)) == 0;
}

// N words from one aligned to 4 bytes; where it is aligned to 16 and N allows it, four at a time.
template <int N>
SEEDAUG_HD void read_words(const char* from, uint32_t* words) {
#if defined(__CUDA_ARCH__)
  if constexpr (N % 4 == 0) {
    if (is_aligned(from, 16)) {
      SEEDAUG_UNROLL
      for (int j = 0; j < N; j += 4) {
        const uint4 four = __ldg(reinterpret_cast<const uint4*>(from + 4 * j));
        words[j] = four.x;
        words[j + 1] = four.y;
        words[j + 2] = four.z;
        words[j + 3] = four.w;
      }
      return;
    }
  }
#endif
  SEEDAUG_UNROLL
  for (int j = 0; j < N; ++j) words[j] = read_word(from + 4 * j);
}

// Both are values: a choice between two elements of an array would be one between addresses, which
// keeps the array out of registers.
template <class T>
SEEDAUG_HD T choose(bool first, T a, T b) {
  return first ? a : b;
}

// The compiler can't see that a pointer from shared memory leads to global memory; this says so.
template <class T>
SEEDAUG_HD void write_global(T* to, T value) {
#if defined(__CUDA_ARCH__)
  __builtin_assume(__isGlobal(to));
#endif
  *to = value;
}

struct Words4 {
  uint32_t word[4];
};

// `to` is aligned to 16 bytes.
SEEDAUG_HD void write_whole(char* to, const Words4& v) {
#if defined(__CUDA_ARCH__)
  write_global(reinterpret_cast<uint4*>(to),
               make_uint4(v.word[0], v.word[1], v.word[2], v.word[3]));
#else
  std::memcpy(to, &v, 16);
#endif
}

// 16 bytes; kSize is an element's. Elements [first, last) of them where that is not all, or where
// `to` is not aligned: in the widest stores that its alignment allows.
template <int kSize>
SEEDAUG_HD void write_words(char* to, const Words4& v, int first, int last) {
  constexpr int kCount = 16 / kSize;
  const bool whole = first <= 0 && last >= kCount;
  if (whole && is_aligned(to, 16)) return write_whole(to, v);
  if (whole && is_aligned(to, 4)) {
    SEEDAUG_UNROLL
    for (int j = 0; j < 4; ++j) write_global(reinterpret_cast<uint32_t*>(to) + j, v.word[j]);
    return;
  }
  SEEDAUG_UNROLL
  for (int i = 0; i < kCount; ++i) {
    if (i < first || i >= last) continue;
    const uint32_t bits = v.word[i * kSize / 4] >> 8 * (i * kSize % 4);
    if constexpr (kSize == 1) {
      write_global(reinterpret_cast<uint8_t*>(to) + i, static_cast<uint8_t>(bits));
    } else if constexpr (kSize == 2) {
      write_global(reinterpret_cast<uint16_t*>(to) + i, static_cast<uint16_t>(bits));
    } else if constexpr (kSize == 4) {
      write_global(reinterpret_cast<uint32_t*>(to) + i, bits);
    } else {
      const uint64_t high = v.word[2 * i + 1];
      write_global(reinterpret_cast<uint64_t*>(to) + i, high << 32 | v.word[2 * i]);
    }
  }
}

// All ones in the bytes [first, last) of a string of bytes, of which this is word j.
SEEDAUG_HD uint32_t word_mask(int first, int last, int j) {
  const auto from_byte = [j](int byte) {  // ones from that byte of the string on
    const int here = byte - 4 * j;
    return here <= 0 ? ~uint32_t{0} : here >= 4 ? 0u : ~uint32_t{0} << 8 * here;
  };
  return from_byte(first) & ~from_byte(last);
}

// N words of elements of kSize bytes from the words that hold them, from byte `shift` on. Reversed:
// the last element first.
template <int kSize, int N>
SEEDAUG_HD void align_words(const uint32_t* from, uint32_t shift, bool reversed, uint32_t* to) {
  if constexpr (kSize >= 4) {
    constexpr int kPer = kSize / 4;
    SEEDAUG_UNROLL
    for (int j = 0; j < N; ++j) {
      to[j] = choose(reversed, from[N - kPer - j / kPer * kPer + j % kPer], from[j]);
    }
  } else {
    const uint32_t order = reversed ? (kSize == 1 ? 0x0123u : 0x1032u) : 0x3210u;
    const uint32_t selector = shift * 0x1111 + order;
    uint32_t aligned[N];
    SEEDAUG_UNROLL
    for (int j = 0; j < N; ++j) aligned[j] = permute(from[j], from[j + 1], selector);
    SEEDAUG_UNROLL
    for (int j = 0; j < N; ++j) to[j] = choose(reversed, aligned[N - 1 - j], aligned[j]);
  }
}

// One element of kSize bytes among packed words.
struct ElementAt {
  uint32_t word;
  int byte;
};

// Word j of a string whose element i is at(i).
template <int kSize, class At>
SEEDAUG_HD uint32_t gather_word(const At& at, int j) {
  if constexpr (kSize == 1) {
    const ElementAt a = at(4 * j), b = at(4 * j + 1), c = at(4 * j + 2), d = at(4 * j + 3);
    const auto pair = [](ElementAt low, ElementAt high) {
      return permute(low.word, high.word, static_cast<uint32_t>(low.byte | (4 + high.byte) << 4));
    };
    return permute(pair(a, b), pair(c, d), 0x5410);
  } else if constexpr (kSize == 2) {
    const ElementAt a = at(2 * j), b = at(2 * j + 1);
    const int low = a.byte | (a.byte + 1) << 4, high = (4 + b.byte) | (5 + b.byte) << 4;
    return permute(a.word, b.word, static_cast<uint32_t>(low | high << 8));
  } else {
    return at(j).word;
  }
}

// n / divisor for 0 <= n < 2^31 by one multiplication (Granlund and Montgomery, 1994):
// multiplier = ceil(2^(31 + shift) / divisor) with shift = ceil(log2 divisor).
struct Divider {
  uint32_t divisor, multiplier, shift;

  SEEDAUG_HD uint32_t divide(uint32_t n) const {
    return static_cast<uint32_t>(uint64_t{n << 1} * multiplier >> 32) >> shift;
  }
};

inline Divider divider(int64_t divisor) {
  Divider d{static_cast<uint32_t>(divisor), 0, 0};
  while ((int64_t{1} << d.shift) < divisor) ++d.shift;
  const uint64_t numerator = uint64_t{1} << (31 + d.shift);
  const auto by = static_cast<uint64_t>(divisor);
  d.multiplier = static_cast<uint32_t>((numerator + by - 1) / by);
  return d;
}

}  // namespace seedaug::cuda
