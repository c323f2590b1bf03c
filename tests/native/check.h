// The least that a test program needs: checks that say where, a small random source, every
// instruction set in turn.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "cpu/kernels.h"

#define CHECK(condition, ...)                                                \
  do {                                                                       \
    if (!(condition)) {                                                      \
      std::fprintf(stderr, "%s:%d: %s\n  ", __FILE__, __LINE__, #condition); \
      std::fprintf(stderr, __VA_ARGS__);                                     \
      std::fprintf(stderr, "\n");                                            \
      std::exit(1);                                                          \
    }                                                                        \
  } while (0)

namespace seedaug::test {

// Weyl sequence through a mixer: good enough to choose test cases with.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  int64_t below(int64_t n) { return static_cast<int64_t>(next() % static_cast<uint64_t>(n)); }
  bool coin() { return next() & 1; }

 private:
  uint64_t state_;
};

template <class Function>
void for_each_isa(const Function& f) {
  for (const char* const* name = available_isas(); *name != nullptr; ++name) {
    use_isa(*name);
    f(*name);
  }
}

}  // namespace seedaug::test
