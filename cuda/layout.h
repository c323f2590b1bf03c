// The arguments of the pack kernels: what lies where, how the work is cut, what is done to a value.
//
// A *pack* is 16 bytes of output: kPack elements that follow each other in a row. Two ways to walk:
//
//   flat     packs of a sample's elements, row-major in [T, C, H, W]; source and target are planar
//            (neighbouring columns are neighbours in memory)
//   pixels   three channels, uint8: packs of a frame's pixels, row-major in [H, W], each thread
//            does all channels; source and target are planar or interleaved (channels innermost)
//
// A block takes `slots` whole samples, or one of the `tiles` of one sample.
#pragma once

#include "cuda/grid.h"
#include "cuda/words.h"
#include "program/batch.h"
#include "program/sample.h"

namespace seedaug::cuda {

constexpr int kSlots = 8;          // samples of one block, at most
constexpr int kListSources = 640;  // images of one launch over a list
constexpr int kChainMaps = 6;      // of a program that a chain kernel takes
constexpr int kFillWords = 4;      // channels whose constant fill is at hand

struct Layout {
  int64_t first_sample, samples;  // of this launch
  const int64_t* keys;
  int64_t key_stride;
  Source source;           // of sample 0, unless each has its own
  int64_t source_stride;   // bytes from sample to sample
  const char* source_end;  // behind the last byte of the last sample
  char* target;
  int64_t target_sample;                 // bytes from sample to sample
  int32_t target_frame, target_channel;  // bytes
  int32_t element_size;                  // of the source
  int32_t frames, channels, height, width;
  int32_t plane;                 // pixels of a frame
  int32_t elements;              // of a sample
  uint32_t packs, sample_packs;  // of a run (a frame's pixels, a sample's elements), of a sample
  uint32_t tiles, tile_packs;
  int32_t slots, threads;
  Divider by_width, by_height, by_channels, by_packs, by_sample_packs;
  bool source_interleaved, target_interleaved;
  bool may_skew;       // flat: packs may begin where 16 bytes of the target do
  bool noisy;          // packs must begin at a Philox block
  bool constant_fill;  // what lies outside is one constant, whose elements repeated are fill[c]
  uint32_t fill[kFillWords];
};

// For any program.
struct ProgramArguments {
  Layout layout;
  Program program;
};

// One op of the chain, for three channels.
struct ChainOp {
  bool present;
  uint8_t kind, occurrence;
  float a[3], b[3];
};

// uint8 in; those of ChainOps that are present; float out.
struct ChainArguments {
  Layout layout;
  int32_t maps;
  MapInstruction map[kChainMaps];
  ChainOp op[ChainOps::kCount];
};

// One image of a list, as Source, in 32 bytes.
struct ListSource {
  const char* data;
  int32_t height, width, frame, channel, row, column;
};

struct ListArguments {
  ProgramArguments shared;
  ListSource source[kListSources];
};
static_assert(sizeof(ListArguments) <= 32764, "more than a kernel's parameters may take");

SEEDAUG_HD const Layout& layout_of(const ProgramArguments& a) { return a.layout; }
SEEDAUG_HD const Layout& layout_of(const ChainArguments& a) { return a.layout; }
SEEDAUG_HD const Layout& layout_of(const ListArguments& a) { return a.shared.layout; }
SEEDAUG_HD const Program& program_of(const ProgramArguments& a) { return a.program; }
SEEDAUG_HD const Program& program_of(const ListArguments& a) { return a.shared.program; }

SEEDAUG_HD void draw_map(const ChainArguments& a, const PackedKey& key, const Source& s,
                         IndexMap& into) {
  sample_map(a.map, a.maps, key, s.height, s.width, into);
}
template <class Arguments>
SEEDAUG_HD void draw_map(const Arguments& a, const PackedKey& key, const Source& s,
                         IndexMap& into) {
  sample_map(program_of(a), key, s.height, s.width, into);
}

// An element of a constant fill, in the lowest bytes.
SEEDAUG_HD uint64_t fill_bits(const ChainArguments& a, int, int channel) {
  return a.layout.fill[channel & (kFillWords - 1)];
}
template <class Arguments>
SEEDAUG_HD uint64_t fill_bits(const Arguments& a, int fill, int channel) {
  const Fill& f = program_of(a).fill[fill];
  return program_of(a).bits[f.table + (f.count == 1 ? 0 : channel)];
}

// Bytes from the first to behind the last that a sample has.
SEEDAUG_HD int64_t extent(const Source& s, int64_t frames, int64_t channels, int64_t size) {
  return ((frames - 1) * s.frame + (channels - 1) * s.channel + (s.height - 1) * s.row +
          (s.width - 1) * s.column + 1) *
         size;
}

// Where a sample's pixels are, and which bytes around them may be read.
struct Readable {
  Source source;
  const char *begin, *end;
};

template <class Arguments>
SEEDAUG_HD Readable source_of(const Arguments& arguments, int64_t local) {
  const Layout& l = layout_of(arguments);
  Source s = l.source;
  s.data += (l.first_sample + local) * l.source_stride;
  return {s, l.source.data, l.source_end};
}
SEEDAUG_HD Readable source_of(const ListArguments& arguments, int64_t local) {
  const Layout& l = arguments.shared.layout;
  const ListSource& at = arguments.source[local];
  const Source s{at.data, at.height, at.width, at.frame, at.channel, at.row, at.column};
  return {s, s.data, s.data + extent(s, l.frames, l.channels, l.element_size)};
}

}  // namespace seedaug::cuda
