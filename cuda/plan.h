// Chooses the kernel for a batch and cuts its work; on the host, for the launcher and for the test
// that walks the grids.
#pragma once

#include <algorithm>

#include "core/element.h"
#include "cuda/layout.h"

namespace seedaug::cuda {

enum class Walk { element, flat, pixels };
enum class Deed { copy, chain, noisy_chain, interpret };

struct Plan {
  Walk walk;
  Deed deed;
  int in, out;     // bytes of an element
  int64_t blocks;  // of a launch over all samples
  bool list;       // ListArguments
};

// `bytes` of an element, as often as a word holds it.
inline uint32_t repeated(uint64_t element, int bytes) {
  if (bytes == 1) return static_cast<uint32_t>(element & 0xff) * 0x01010101u;
  if (bytes == 2) return static_cast<uint32_t>(element & 0xffff) * 0x00010001u;
  return static_cast<uint32_t>(element);
}

// Fills in what the layout says of them; returns how many constants there may be outside.
inline int plan_fills(const Program& p, int in, Layout& l) {
  int pads = 0, constants = 0;
  for (int i = 0; i < p.maps; ++i) {
    const MapInstruction& m = p.map[i];
    with_map(m.kind, m.args, [&](auto what, const auto& args) {
      if (!what.may_pad(args)) return;
      ++pads;
      const Border border = what.border(args);
      if (border.mode != PadMode::constant) return;
      ++constants;
      const Fill& f = p.fill[border.fill];
      for (int c = 0; c < kFillWords; ++c) {
        const int at = f.table + (f.count == 1 ? 0 : std::min<int>(c, f.count - 1));
        l.fill[c] = repeated(p.bits[at], in);
      }
      l.constant_fill = (f.count == 1 || f.count <= kFillWords) && in < 8;
    });
  }
  l.constant_fill = l.constant_fill && pads == 1;
  return constants;
}

// Whether a program is the list's ops, of which any may be missing, and the rounding to the output
// that writing does anyway.
template <class... Ops>
bool is_chain(OpList<Ops...>, const Program& p, ChainOp* to) {
  int k = 0;
  const auto take = [&](OpCode code, ChainOp& op) {
    op = {};
    if (k == p.ops || p.op[k].code != code) return;
    const ValueOp& from = p.op[k++];
    op = {true, from.kind, from.occurrence, {}, {}};
    for (int c = 0; c < 3; ++c) {
      op.a[c] = scalar_a(p, from, c);
      op.b[c] = scalar_b(p, from, c);
    }
  };
  (take(kOpCode<Ops>, *to++), ...);
  const auto rounds = [&](OpCode code, DType type) {
    return k < p.ops && p.op[k].code == code && p.output == type;
  };
  if (rounds(OpCode::round_f16, DType::f16) || rounds(OpCode::round_bf16, DType::bf16)) ++k;
  return k == p.ops;
}

inline bool plan_chain(const Program& p, const Layout& l, int constants, ChainArguments& a) {
  if (p.copies || p.input != DType::u8 || p.output == DType::u8 || constants > 1 ||
      p.maps > kChainMaps || l.channels != 3 || !is_chain(ChainOps{}, p, a.op)) {
    return false;
  }
  a.maps = p.maps;
  std::copy_n(p.map, p.maps, a.map);
  return true;
}

constexpr int64_t kMostBytes = (int64_t{1} << 31) - 4096;  // of a sample: offsets are 32 bits

inline bool fits(const Source& s, const Layout& l) {
  return s.frame >= 0 && s.channel >= 0 && s.row >= 0 && s.column >= 0 &&
         extent(s, l.frames, l.channels, l.element_size) < kMostBytes;
}

// Strides of dimensions of one entry say nothing; here they become zero, or one for columns.
inline Source plain(Source s, const Layout& l) {
  if (l.frames == 1) s.frame = 0;
  if (l.channels == 1) s.channel = 0;
  if (s.height == 1) s.row = 0;
  if (s.width == 1) s.column = l.source_interleaved ? 3 : 1;
  return s;
}

inline bool all_sources(const Batch& b, const Layout& l, bool interleaved) {
  const int64_t images = b.sources_differ ? b.samples : 1;
  return std::all_of(b.sources, b.sources + images,
                     [&](const Source& s) {
                       if (interleaved) return s.channel == 1 && (s.column == 3 || s.width == 1);
                       return s.column == 1 || s.width == 1;
                     }) &&
         std::all_of(b.sources, b.sources + images,
                     [&](const Source& s) { return fits(plain(s, l), l); });
}

// The shape of the target, and whether a pack kernel can write it.
inline bool plan_target(const Batch& b, int out, bool& contiguous, Layout& l) {
  const Target& t = b.target;
  const int64_t plane = int64_t{t.height} * t.width, frame = plane * b.channels;
  l.target_interleaved = b.channels == 3 && t.channel == 1 && (t.column == 3 || t.width == 1) &&
                         (t.row == 3 * t.width || t.height == 1) && plane > 1;
  const bool planar = (t.column == 1 || t.width == 1) && (t.row == t.width || t.height == 1);
  contiguous =
      planar && (t.channel == plane || b.channels == 1) && (t.frame == frame || b.frames == 1);
  const int64_t image = l.target_interleaved ? 3 * plane : (b.channels - 1) * t.channel + plane;
  const int64_t reach = (b.frames - 1) * t.frame + image;  // elements of a sample, gaps included
  if (!(planar || l.target_interleaved) || t.frame < 0 || t.channel < 0 ||
      reach * out >= kMostBytes || frame * b.frames * std::max<int64_t>(out, 4) >= kMostBytes) {
    return false;
  }
  l.target = t.data;
  l.target_sample = t.sample * out;
  l.target_frame = b.frames == 1 ? 0 : static_cast<int32_t>(t.frame * out);
  l.target_channel = b.channels == 1 ? 0 : static_cast<int32_t>(t.channel * out);
  l.frames = static_cast<int32_t>(b.frames);
  l.channels = static_cast<int32_t>(b.channels);
  l.height = t.height;
  l.width = t.width;
  l.plane = static_cast<int32_t>(plane);
  l.elements = static_cast<int32_t>(frame * b.frames);
  return true;
}

constexpr int kWaves = 16;  // blocks for each multiprocessor that are wanted before they grow

// Small samples share a block, large ones are cut into tiles; either way there are kWaves blocks
// for each multiprocessor if there is work for them.
inline void cut(int64_t samples, int pack, bool pixels, int multiprocessors, Layout& l) {
  const int64_t run = pixels ? l.plane : int64_t{l.elements} + (l.may_skew ? pack - 1 : 0);
  l.packs = static_cast<uint32_t>((run + pack - 1) / pack);
  l.sample_packs = l.packs * static_cast<uint32_t>(pixels ? l.frames : 1);
  const int64_t each = l.sample_packs, wanted = int64_t{kWaves} * multiprocessors;
  l.slots = 1;
  l.tiles = 1;
  if (each <= 2 * kThreads) {
    l.slots = static_cast<int32_t>(std::clamp<int64_t>(samples / wanted, 1, kSlots));
    l.tile_packs = l.sample_packs;
  } else {
    const int64_t tile = std::clamp<int64_t>(samples * each / wanted, kThreads, 8 * kThreads);
    const int64_t tiles = (each + tile - 1) / tile;
    l.tile_packs = static_cast<uint32_t>(((each + tiles - 1) / tiles + 31) / 32 * 32);
    l.tiles = static_cast<uint32_t>((each + l.tile_packs - 1) / l.tile_packs);
  }
  const int64_t items = l.slots > 1 ? l.slots * each : int64_t{l.tile_packs};
  l.threads = static_cast<int32_t>(std::min<int64_t>((items + 31) / 32 * 32, kThreads));
  l.by_width = divider(l.width);
  l.by_height = divider(l.height);
  l.by_channels = divider(l.channels);
  l.by_packs = divider(l.packs);
  l.by_sample_packs = divider(l.sample_packs);
}

inline int64_t blocks_for(const Layout& l, int64_t samples) {
  return (samples + l.slots - 1) / l.slots * l.tiles;
}

// Everything about a batch but first_sample and samples, which are a launch's. Where walk is
// element, nothing else is filled in.
inline Plan make_plan(const Batch& b, int multiprocessors, Layout& l, ChainArguments& chain) {
  const Program& p = *b.program;
  Plan plan{};
  plan.in = element_size(b.element);
  plan.out = p.copies ? plan.in : element_size(p.output);
  l = {};
  l.element_size = plan.in;
  const int pack = 16 / plan.out;
  bool contiguous;
  if (!plan_target(b, plan.out, contiguous, l) || l.plane < pack) return plan;
  const bool planar = all_sources(b, l, false);
  l.source_interleaved = !planar && b.channels == 3 && all_sources(b, l, true);
  if (!planar && !l.source_interleaved) return plan;
  const bool even = l.plane * plan.out % 16 == 0 && l.target_channel % 16 == 0;
  const bool three = b.channels == 3 && plan.in == 1;
  if (three && (even || !contiguous || !planar)) {
    plan.walk = Walk::pixels;
  } else if (planar && contiguous) {
    plan.walk = Walk::flat;
  } else {
    return plan;
  }
  const int constants = plan_fills(p, plan.in, l);
  const bool pixels = plan.walk == Walk::pixels;
  chain = {};
  if (p.copies) {
    plan.deed = Deed::copy;
  } else {
    const bool simple = pixels && !b.sources_differ && plan_chain(p, l, constants, chain);
    plan.deed = !simple ? Deed::interpret : p.normal_ops > 0 ? Deed::noisy_chain : Deed::chain;
  }
  l.keys = b.keys;
  l.key_stride = b.key_stride;
  l.source = plain(b.sources[0], l);
  l.source_stride = b.source_stride;
  l.source_end = l.source.data + (b.samples - 1) * b.source_stride +
                 extent(l.source, b.frames, b.channels, plan.in);
  l.noisy = p.normal_ops > 0;
  l.may_skew = !pixels;
  // Kernels that nobody waits for are not built.
  if (!p.copies && plan.in > 1 && plan.out == 1) plan.walk = Walk::element;
  plan.list = b.sources_differ;
  if (plan.list && !(pixels && plan.in == 1)) plan.walk = Walk::element;
  cut(b.samples, pack, pixels, multiprocessors, l);
  plan.blocks = blocks_for(l, b.samples);
  return plan;
}

inline ListSource list_source(const Source& s, const Layout& l) {
  const Source from = plain(s, l);
  return {from.data,
          from.height,
          from.width,
          static_cast<int32_t>(from.frame),
          static_cast<int32_t>(from.channel),
          static_cast<int32_t>(from.row),
          static_cast<int32_t>(from.column)};
}

}  // namespace seedaug::cuda
