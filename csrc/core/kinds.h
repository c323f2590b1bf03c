// The kinds of streams that belong to no transform: append-only, exported to Python, part of the
// stream contract. Those of transforms stand in transforms/registry.def.
#pragma once

#include <cstdint>

namespace seedaug {

constexpr int kStreamVersion = 1;

// X(name, number): 1 ... 95 are built in, 96 ... 127 belong to users, 0 is never drawn from.
#define SEEDAUG_FOR_EACH_STREAM_KIND(X) \
  X(words, 16)                          \
  X(uniform, 17)                        \
  X(normal, 18)                         \
  X(shuffle, 24)                        \
  X(numpy_generator, 25)                \
  X(torch_generator, 26)                \
  X(python_random, 27)                  \
  X(global_numpy, 28)                   \
  X(global_torch, 29)                   \
  X(global_python, 30)                  \
  X(numpy_derived, 31)

namespace kind {
#define SEEDAUG_KIND(name, number) constexpr uint32_t name = number;
SEEDAUG_FOR_EACH_STREAM_KIND(SEEDAUG_KIND)
#undef SEEDAUG_KIND
}  // namespace kind

constexpr int kUserKindFirst = 96;
constexpr int kUserKindLast = 127;

}  // namespace seedaug
