// The bodies of the small kernels: raw fills, 16 bytes an item; parameters and gradients, one an
// item. Compiled for the host too.
#pragma once

#include "core/element.h"
#include "cuda/convert.h"
#include "cuda/grid.h"
#include "cuda/normal.h"
#include "program/batch.h"
#include "program/gradient.h"
#include "program/params.h"
#include "program/sample.h"

namespace seedaug::cuda {

// Raw fills, 16 bytes (a pack) at a time. A thread makes kPerThread packs, kThreads apart, so that
// the stores of a warp lie side by side.
template <Filling kWhat, DType kType>
struct FillPacks {
  static constexpr int kSize = element_size(kType), kPack = 16 / kSize;
  static constexpr int kPerThread = 4;
  static constexpr int64_t kBlock = int64_t{kThreads} * kPerThread;

  FillBatch batch;
  int64_t packs;  // of a sample
  Divider by_packs;
  bool small;    // the packs of all samples can be divided by multiplication
  bool aligned;  // the result begins at 16 bytes

  static FillPacks of(const FillBatch& b) {
    FillPacks f{b, (b.elements + kPack - 1) / kPack, {}, false, is_aligned(b.result, 16)};
    f.small = f.all() < (int64_t{1} << 31);
    if (f.small) f.by_packs = divider(f.packs);
    return f;
  }
  SEEDAUG_HD int64_t all() const { return batch.samples * packs; }
  int64_t blocks() const { return (all() + kBlock - 1) / kBlock; }

  SEEDAUG_HD void run(int64_t block, int thread) const {
    const int64_t first = block * kBlock + thread;
    if (batch.samples == 1 && aligned && (block + 1) * kBlock * kPack <= batch.elements) {
      // One stream, whole packs: nothing to ask between one pack and the next.
      const Stream from = stream_of(0);
      SEEDAUG_UNROLL
      for (int k = 0; k < kPerThread; ++k) {
        const int64_t pack = first + k * kThreads;
        write_whole(batch.result + pack * 16, values(from, pack));
      }
      return;
    }
    SEEDAUG_NO_UNROLL
    for (int k = 0; k < kPerThread; ++k) {
      const int64_t item = first + k * kThreads;
      if (item < all()) run_item(item);
    }
  }

 private:
  SEEDAUG_HD Stream stream_of(int64_t sample) const {
    const PackedKey key = packed_key(batch.keys + sample * batch.key_stride);
    return stream(key, batch.kind, batch.occurrence);
  }

  SEEDAUG_HD void run_item(int64_t item) const {
    int64_t sample = 0;
    if (batch.samples > 1) {
      sample = small ? by_packs.divide(static_cast<uint32_t>(item)) : item / packs;
    }
    const int64_t pack = item - sample * packs, first = pack * kPack;
    const int64_t left = batch.elements - first;
    write_words<kSize>(batch.result + (sample * batch.elements + first) * kSize,
                       values(stream_of(sample), pack), 0,
                       left < kPack ? static_cast<int>(left) : kPack);
  }

  static SEEDAUG_HD Words4 values(const Stream& from, int64_t pack) {
    uint32_t bits[kPack];
    SEEDAUG_UNROLL
    for (int k = 0; k < kPack; k += 4) {
      quad(from, static_cast<uint32_t>(pack * (kPack / 4) + k / 4), bits + k);
    }
    Words4 four;
    SEEDAUG_UNROLL
    for (int j = 0; j < 4; ++j) {
      if constexpr (kSize == 4) {
        four.word[j] = bits[j];
      } else {
        const auto value = [&](int i) { return as_float(static_cast<int32_t>(bits[i])); };
        four.word[j] = half_pair<true>(kType, value(2 * j), value(2 * j + 1));
      }
    }
    return four;
  }

  static SEEDAUG_HD void quad(const Stream& from, uint32_t number, uint32_t* bits) {
    if constexpr (kWhat == Filling::normal) {
      const Quad z = normal_quad(from, number);
      SEEDAUG_UNROLL
      for (int i = 0; i < 4; ++i) bits[i] = static_cast<uint32_t>(as_bits(z.v[i]));
    } else {
      const Block w = from.element_block(number);
      SEEDAUG_UNROLL
      for (int i = 0; i < 4; ++i) {
        const uint32_t word = w.word(i);
        bits[i] = kWhat == Filling::words ? word : static_cast<uint32_t>(as_bits(uniform(word)));
      }
    }
  }
};

// Calls run(FillPacks) with the template that a batch asks for.
template <class Run>
auto with_fill(const FillBatch& b, const Run& run) {
  if (b.what == Filling::words) return run(FillPacks<Filling::words, DType::u32>::of(b));
  if (b.what == Filling::uniform) {
    if (b.type == DType::f16) return run(FillPacks<Filling::uniform, DType::f16>::of(b));
    if (b.type == DType::bf16) return run(FillPacks<Filling::uniform, DType::bf16>::of(b));
    return run(FillPacks<Filling::uniform, DType::f32>::of(b));
  }
  if (b.type == DType::f16) return run(FillPacks<Filling::normal, DType::f16>::of(b));
  if (b.type == DType::bf16) return run(FillPacks<Filling::normal, DType::bf16>::of(b));
  return run(FillPacks<Filling::normal, DType::f32>::of(b));
}

SEEDAUG_HD void box_muller_item(const BoxMullerBatch& b, int64_t pair) {
  const CosSin<float> z = normal_pair(b.words[2 * pair], b.words[2 * pair + 1]);
  b.result[2 * pair] = z.cos;
  b.result[2 * pair + 1] = z.sin;
}

inline int64_t backward_items(const BackwardBatch& b) {
  return b.samples * b.frames * b.channels * b.height * b.width;
}

// One item: the gradient of one input element, gathered from the outputs that read it, rows first.
template <class Sum>
SEEDAUG_HD void gather_gradient(const BackwardBatch& b, const Program& program, int64_t item) {
  const int64_t row = item / b.width, plane = row / b.height;
  const int32_t x = static_cast<int32_t>(item - row * b.width);
  const int32_t y = static_cast<int32_t>(row - plane * b.height);
  const int64_t sample = plane / (b.frames * b.channels);
  IndexMap g;
  sample_map(program, packed_key(b.keys + sample * b.key_stride), b.height, b.width, g);
  const float slope = channel_slope(program, static_cast<int>(plane % b.channels));
  const int size = element_size(program.output);
  const char* from = b.gradient + plane * b.out_height * b.out_width * size;
  Sum sum = 0;
  const auto add = [&](int32_t out_y, int32_t out_x) {
    const char* at = from + (int64_t{out_y} * b.out_width + out_x) * size;
    sum += read_gradient<Sum>(program.output, at) * slope;
  };
  if (g.y.injective() && g.x.injective()) {
    const int32_t out_y = g.y.target(y), out_x = g.x.target(x);
    if (out_y >= 0 && out_x >= 0) add(out_y, out_x);
  } else {
    for (int32_t out_y = 0; out_y < b.out_height; ++out_y) {
      if (g.y.source(out_y) != y) continue;
      for (int32_t out_x = 0; out_x < b.out_width; ++out_x) {
        if (g.x.source(out_x) == x) add(out_y, out_x);
      }
    }
  }
  write_gradient(program.input, sum, b.result + item * element_size(program.input));
}

SEEDAUG_HD void backward_item(const BackwardBatch& b, const Program& program, int64_t item) {
  if (sums_in_double(program)) {
    gather_gradient<double>(b, program, item);
  } else {
    gather_gradient<float>(b, program, item);
  }
}

}  // namespace seedaug::cuda
