// How a kernel's work is cut into blocks and threads, in one place for the launcher and for the
// test that walks the same grid on the host.
#pragma once

#include <cstdint>

#include "core/target.h"

namespace seedaug::cuda {

constexpr int kThreads = 256;
constexpr int64_t kMaxBlocks = (int64_t{1} << 31) - 1;  // of one launch

struct Grid {
  int64_t blocks;
  int threads;
};

// One thread an item.
inline Grid grid_for(int64_t items) { return {(items + kThreads - 1) / kThreads, kThreads}; }

}  // namespace seedaug::cuda
