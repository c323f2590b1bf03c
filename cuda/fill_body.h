// The bodies of the small kernels (raw fills, parameters, gradients), one item a thread; compiled
// for the host too.
#pragma once

#include "core/batch.h"
#include "core/element.h"
#include "core/gradient.h"
#include "core/params.h"
#include "core/sampling.h"
#include "cuda/grid.h"
#include "cuda/normal.h"

namespace seedaug::cuda {

inline int64_t fill_items(const FillBatch& b) { return b.samples * ((b.elements + 3) / 4); }

// One item: four elements of one sample.
SEEDAUG_HD void fill_item(const FillBatch& b, int64_t item) {
  const int64_t quads = (b.elements + 3) / 4;
  const int64_t sample = item / quads, quad = item - sample * quads;
  const Stream from = stream(packed_key(b.keys + sample * b.key_stride), b.kind, b.occurrence);
  const int64_t first = quad * 4;
  const int count = b.elements - first < 4 ? static_cast<int>(b.elements - first) : 4;
  const int size = element_size(b.type);
  char* to = b.result + (sample * b.elements + first) * size;
  if (b.what == FillKind::normal) {
    const Quad z = normal_quad(from, static_cast<uint32_t>(quad));
    for (int i = 0; i < count; ++i) write_element(b.type, z.v[i], to + i * size);
    return;
  }
  const Block words = from.element_block(static_cast<uint64_t>(quad));
  for (int i = 0; i < count; ++i) {
    if (b.what == FillKind::words) {
      reinterpret_cast<uint32_t*>(to)[i] = words.word(i);
    } else {
      write_element(b.type, uniform(words.word(i)), to + i * size);
    }
  }
}

SEEDAUG_HD void box_muller_item(const BoxMullerBatch& b, int64_t pair) {
  const auto z = box_muller(static_cast<int32_t>(b.words[2 * pair] >> 8),
                            static_cast<int32_t>(b.words[2 * pair + 1] >> 8));
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
  Geometry g;
  sample_geometry(program, packed_key(b.keys + sample * b.key_stride), b.height, b.width, g);
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
