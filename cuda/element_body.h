// The element kernel: any strides and any size, an element's address at a time. It takes what the
// pack kernels (pack_body.h) do not; compiled for the host too, so that tests can walk its grid.
//
//   A sample's elements (row-major in [T, C, H, W] of the output) are cut into quads, one Philox
//   block each, and the quads into tiles, one block of threads each:
//
//     block b -> sample b / tiles, tile b % tiles
//     thread i -> quads tile * kTileQuads + i + k * kThreads
//
//   Thread 0 draws the sample's map into shared memory; then every thread reads, computes and
//   writes its quads.
#pragma once

#include "core/element.h"
#include "cuda/grid.h"
#include "cuda/normal.h"
#include "cuda/pointwise.h"
#include "program/batch.h"
#include "program/sample.h"

namespace seedaug::cuda {

constexpr int kQuadsPerThread = 4;
constexpr int kTileQuads = kThreads * kQuadsPerThread;
constexpr int kElementSources = 256;  // images of one launch over a list

// The kernel's arguments: a Batch whose program and sources travel by value.
struct ElementArguments {
  Program program;
  DType element;
  int64_t first_sample;  // of this launch
  int64_t frames, channels;
  int64_t elements;  // of one sample's output
  int64_t tiles;     // of one sample
  int64_t source_stride;
  const int64_t* keys;
  int64_t key_stride;
  Target target;
  Source source;
};

struct ElementListArguments {
  ElementArguments shared;
  Source sources[kElementSources];
};

SEEDAUG_HD const ElementArguments& common(const ElementArguments& a) { return a; }
SEEDAUG_HD const ElementArguments& common(const ElementListArguments& a) { return a.shared; }
inline ElementArguments& common(ElementArguments& a) { return a; }
inline ElementArguments& common(ElementListArguments& a) { return a.shared; }

SEEDAUG_HD Source source_of(const ElementArguments& a, int64_t local) {
  Source s = a.source;
  s.data += (a.first_sample + local) * a.source_stride;
  return s;
}
SEEDAUG_HD Source source_of(const ElementListArguments& a, int64_t local) {
  return a.sources[local];
}

// What thread 0 prepares for its block.
struct ElementSample {
  Source source;
  PackedKey key;
  IndexMap map;
};

template <class Arguments>
SEEDAUG_HD void begin_element_block(const Arguments& arguments, int64_t block,
                                    ElementSample& sample) {
  const ElementArguments& a = common(arguments);
  const int64_t local = block / a.tiles;
  sample.source = source_of(arguments, local);
  sample.key = packed_key(a.keys + (a.first_sample + local) * a.key_stride);
  sample_map(a.program, sample.key, sample.source.height, sample.source.width, sample.map);
}

// Where an element of the output lies and where it comes from.
struct Pixel {
  int32_t channel;
  int32_t fill;        // -1: from the source
  const char* source;  // element's address
  char* target;
};

template <class Index>
SEEDAUG_HD Pixel locate(const ElementArguments& a, const ElementSample& s, char* target,
                        Index element) {
  const Index width = static_cast<Index>(a.target.width),
              height = static_cast<Index>(a.target.height);
  const Index row = element / width, plane = row / height;
  const int32_t x = static_cast<int32_t>(element - row * width);
  const int32_t y = static_cast<int32_t>(row - plane * height);
  const Index frame = plane / static_cast<Index>(a.channels);
  const int64_t channel = static_cast<int64_t>(plane - frame * static_cast<Index>(a.channels));
  const int64_t t = static_cast<int64_t>(frame);
  const int out_size = a.program.copies ? element_size(a.element) : element_size(a.program.output);
  const int32_t from_y = s.map.y.source(y), from_x = s.map.x.source(x);
  const int32_t outside = later_fill(from_y, from_x);
  Pixel p{static_cast<int32_t>(channel), outside < 0 ? -1 - outside : -1, nullptr,
          target + (t * a.target.frame + channel * a.target.channel + y * a.target.row +
                    x * a.target.column) *
                       out_size};
  if (outside >= 0) {
    p.source = s.source.data + (t * s.source.frame + channel * s.source.channel +
                                from_y * s.source.row + from_x * s.source.column) *
                                   element_size(a.element);
  }
  return p;
}

SEEDAUG_HD int fill_at(const Program& program, const Pixel& p) {
  const Fill& fill = program.fill[p.fill];
  return fill.table + (fill.count == 1 ? 0 : p.channel);
}

SEEDAUG_HD void copy_element(int size, const void* from, void* to) {
  switch (size) {
    case 1:
      *static_cast<uint8_t*>(to) = *static_cast<const uint8_t*>(from);
      return;
    case 2:
      *static_cast<uint16_t*>(to) = *static_cast<const uint16_t*>(from);
      return;
    case 4:
      *static_cast<uint32_t*>(to) = *static_cast<const uint32_t*>(from);
      return;
    default:
      *static_cast<uint64_t*>(to) = *static_cast<const uint64_t*>(from);
  }
}

template <class Index>
SEEDAUG_HD void augment_quad(const ElementArguments& a, const ElementSample& s, char* target,
                             Index quad) {
  const Index first = quad * 4;
  const Index left = static_cast<Index>(a.elements) - first;
  const int count = left < 4 ? static_cast<int>(left) : 4;
  const Program& program = a.program;
  Pixel pixel[4];
  SEEDAUG_UNROLL
  for (int i = 0; i < 4; ++i) {
    if (i < count) pixel[i] = locate(a, s, target, first + static_cast<Index>(i));
  }
  if (program.copies) {
    const int size = element_size(a.element);
    SEEDAUG_UNROLL
    for (int i = 0; i < 4; ++i) {
      if (i >= count) continue;
      const Pixel& p = pixel[i];
      copy_element(
          size,
          p.fill < 0 ? static_cast<const void*>(p.source) : &program.bits[fill_at(program, p)],
          p.target);
    }
    return;
  }
  Quad value{};
  SEEDAUG_UNROLL
  for (int i = 0; i < 4; ++i) {
    if (i >= count) continue;
    const Pixel& p = pixel[i];
    value.v[i] =
        p.fill < 0 ? read_element(program.input, p.source) : program.table[fill_at(program, p)];
  }
  for (int k = 0; k < program.ops; ++k) {
    const ValueOp& op = program.op[k];
    Quad normals{};
    if (takes_normals(op.code)) {
      normals = normal_quad(stream(s.key, op.kind, op.occurrence), static_cast<uint32_t>(quad));
    }
    SEEDAUG_UNROLL
    for (int i = 0; i < 4; ++i) {
      if (i >= count) continue;
      value.v[i] = run_op(program, op, pixel[i].channel, normals.v[i], value.v[i]);
    }
  }
  SEEDAUG_UNROLL
  for (int i = 0; i < 4; ++i) {
    if (i < count) write_element(program.output, value.v[i], pixel[i].target);
  }
}

template <class Index>
SEEDAUG_HD void run_element_thread(const ElementArguments& a, const ElementSample& s, int64_t block,
                                   int thread) {
  const int out_size = a.program.copies ? element_size(a.element) : element_size(a.program.output);
  const int64_t sample = a.first_sample + block / a.tiles;
  char* target = a.target.data + sample * a.target.sample * out_size;
  const Index quads = static_cast<Index>((a.elements + 3) / 4);
  const Index begin = static_cast<Index>(block % a.tiles) * kTileQuads + static_cast<Index>(thread);
  for (int k = 0; k < kQuadsPerThread; ++k) {
    const Index quad = begin + static_cast<Index>(k * kThreads);
    if (quad < quads) augment_quad<Index>(a, s, target, quad);
  }
}

// The arguments of one launch, from a Batch.
inline ElementArguments element_arguments(const Batch& b) {
  ElementArguments a{};
  a.program = *b.program;
  a.element = b.element;
  a.frames = b.frames;
  a.channels = b.channels;
  a.elements = b.frames * b.channels * b.target.height * b.target.width;
  a.tiles = ((a.elements + 3) / 4 + kTileQuads - 1) / kTileQuads;
  a.source_stride = b.source_stride;
  a.keys = b.keys;
  a.key_stride = b.key_stride;
  a.target = b.target;
  a.source = b.sources[0];
  return a;
}

// 32-bit index arithmetic where a sample is small enough.
inline bool fits_32_bits(const ElementArguments& a) {
  return a.elements < (int64_t{1} << 31) - 4 * kTileQuads;
}

}  // namespace seedaug::cuda
