// What a block knows of each of its samples: drawn once, by one thread a
// sample, into shared memory.
#pragma once

#include "cuda/layout.h"

namespace seedaug::cuda {

struct Slot {
  IndexMap map;
  Stretch y, x;  // inside of every pad
  PackedKey key;
  const char* source;                    // the word that the first pixel is in
  int32_t lead;                          // bytes from there to the first pixel
  int32_t readable_begin, readable_end;  // bytes from `source` between which may be read
  int32_t row, channel, frame;           // bytes
  char* target;
  int32_t skew;  // flat: elements of pack 0 that lie before the sample
};

struct BlockState {
  Slot slot[kSlots];
};

SEEDAUG_HD int32_t clamp_offset(int64_t offset) {
  return static_cast<int32_t>(offset < -256 ? -256 : offset > INT32_MAX ? INT32_MAX : offset);
}

// One copy in a kernel of what is rare.
#if defined(__CUDA_ARCH__)
#define SEEDAUG_RARE __noinline__ __device__
#elif defined(__CUDACC__)
#define SEEDAUG_RARE __host__ __device__ inline
#else
#define SEEDAUG_RARE inline
#endif

// The source coordinate of i on an axis, or -1 - fill.
SEEDAUG_RARE int32_t walk_axis(const AxisMap& axis, int32_t i) { return axis.source(i); }

template <class Arguments>
SEEDAUG_HD void begin_slot(const Arguments& arguments, int64_t local, Slot& slot) {
  const Layout& l = layout_of(arguments);
  const int64_t sample = l.first_sample + local;
  const Readable from = source_of(arguments, local);
  const Source& s = from.source;
  slot.key = packed_key(l.keys + sample * l.key_stride);
  draw_map(arguments, slot.key, s, slot.map);
  slot.y = slot.map.y.inside();
  slot.x = slot.map.x.inside();
  slot.lead = static_cast<int32_t>(reinterpret_cast<uintptr_t>(s.data) & 3);
  slot.source = s.data - slot.lead;
  slot.readable_begin = clamp_offset(from.begin - slot.source);
  slot.readable_end = clamp_offset(from.end - slot.source);
  slot.row = static_cast<int32_t>(s.row * l.element_size);
  slot.channel = static_cast<int32_t>(s.channel * l.element_size);
  slot.frame = static_cast<int32_t>(s.frame * l.element_size);
  slot.target = l.target + sample * l.target_sample;
  slot.skew = 0;
}

// Flat packs begin where 16 bytes of the target do, unless noise wants them at a Philox block.
SEEDAUG_HD int32_t skew_of(const Layout& l, const char* target, int element_size) {
  if (!l.may_skew) return 0;
  const int bytes = static_cast<int>(reinterpret_cast<uintptr_t>(target) & 15);
  const int elements = bytes / element_size;
  return l.noisy && elements % 4 != 0 ? 0 : elements;
}

// The first phase of a block.
template <int kOut, class Arguments>
SEEDAUG_HD void begin_block(const Arguments& arguments, uint32_t block, int thread,
                            BlockState& state) {
  const Layout& l = layout_of(arguments);
  const int64_t local = int64_t{block / l.tiles} * l.slots + thread;
  if (thread >= l.slots || local >= l.samples) return;
  Slot& slot = state.slot[thread];
  begin_slot(arguments, local, slot);
  slot.skew = skew_of(l, slot.target, kOut);
}

}  // namespace seedaug::cuda
