// The registry of stream kinds: append-only, exported to Python, part of the stream contract.
#pragma once

#include <cstdint>

namespace seedaug {

constexpr int kStreamVersion = 1;

// X(name, number): 1 ... 95 are built in, 96 ... 127 belong to users, 0 is never drawn from.
#define SEEDAUG_FOR_EACH_KIND(X) \
  X(random_crop, 1)              \
  X(center_crop, 2)              \
  X(pad, 3)                      \
  X(horizontal_flip, 4)          \
  X(vertical_flip, 5)            \
  X(to_dtype, 6)                 \
  X(normalize, 7)                \
  X(gaussian_noise, 8)           \
  X(clamp, 9)                    \
  X(words, 16)                   \
  X(uniform, 17)                 \
  X(normal, 18)                  \
  X(shuffle, 24)                 \
  X(numpy_generator, 25)         \
  X(torch_generator, 26)         \
  X(python_random, 27)           \
  X(global_numpy, 28)            \
  X(global_torch, 29)            \
  X(global_python, 30)           \
  X(numpy_derived, 31)

enum class Kind : uint8_t {
#define SEEDAUG_KIND(name, number) name = number,
  SEEDAUG_FOR_EACH_KIND(SEEDAUG_KIND)
#undef SEEDAUG_KIND
};

constexpr int kUserKindFirst = 96;
constexpr int kUserKindLast = 127;

}  // namespace seedaug
