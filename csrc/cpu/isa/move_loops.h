// Moving elements without looking at them: reversing a row, planes <-> interleaved pixels.
#pragma once

#include <cstdint>

#include "cpu/isa/vec.h"

namespace seedaug::SEEDAUG_ISA_NAME {

// Calls f with a value of the unsigned type of that size.
template <class Function>
SEEDAUG_VEC void with_element(int element_size, Function f) {
  switch (element_size) {
    case 1:
      return f(uint8_t{});
    case 2:
      return f(uint16_t{});
    case 4:
      return f(uint32_t{});
    default:
      return f(uint64_t{});
  }
}

inline void reverse(int element_size, const void* source, int64_t count, void* out) {
  with_element(element_size, [&](auto element) __attribute__((always_inline)) {
    using E = decltype(element);
    const E* from = static_cast<const E*>(source) - (count - 1);
    E* to = static_cast<E*>(out);
    for (int64_t i = 0; i < count; ++i) to[i] = from[count - 1 - i];
  });
}

// The number of channels as a constant where it is a common one, so that the compiler makes
// shuffles of it.
template <int C, class E>
SEEDAUG_VEC void split(const E* pixels, int channels, int64_t count, E* planes, int64_t pitch) {
  const int n = C > 0 ? C : channels;
  for (int c = 0; c < n; ++c) {
    for (int64_t x = 0; x < count; ++x) planes[c * pitch + x] = pixels[x * n + c];
  }
}

template <int C, class E>
SEEDAUG_VEC void merge(const E* planes, int64_t pitch, int channels, int64_t count, E* pixels) {
  const int n = C > 0 ? C : channels;
  for (int64_t x = 0; x < count; ++x) {
    for (int c = 0; c < n; ++c) pixels[x * n + c] = planes[c * pitch + x];
  }
}

inline void deinterleave(int element_size, const void* pixels, int channels, int64_t count,
                         void* planes, int64_t pitch) {
  with_element(element_size, [&](auto element) __attribute__((always_inline)) {
    using E = decltype(element);
    const E* from = static_cast<const E*>(pixels);
    E* to = static_cast<E*>(planes);
    if (channels == 3) return split<3>(from, 3, count, to, pitch);
    if (channels == 4) return split<4>(from, 4, count, to, pitch);
    split<0>(from, channels, count, to, pitch);
  });
}

inline void interleave(int element_size, const void* planes, int64_t pitch, int channels,
                       int64_t count, void* pixels) {
  with_element(element_size, [&](auto element) __attribute__((always_inline)) {
    using E = decltype(element);
    const E* from = static_cast<const E*>(planes);
    E* to = static_cast<E*>(pixels);
    if (channels == 3) return merge<3>(from, pitch, 3, count, to);
    if (channels == 4) return merge<4>(from, pitch, 4, count, to);
    merge<0>(from, pitch, channels, count, to);
  });
}

}  // namespace seedaug::SEEDAUG_ISA_NAME
