// What is decided for one sample from its key: the only place where parameters are drawn.
#pragma once

#include "core/counter.h"
#include "program/program.h"

namespace seedaug {

// Draws one map for an image that comes into it, and puts it behind a map. tell(T{}, Drawn) hears
// what was drawn.
template <class Tell>
SEEDAUG_HD void add_map(const MapInstruction& m, const PackedKey& key, IndexMap& onto,
                        const Tell& tell) {
  const Stream from = stream(key, static_cast<uint32_t>(m.kind), m.occurrence);
  with_map(m.kind, m.args, [&](auto what, const auto& args) {
    const auto drawn = what.draw(args, from, Size{onto.y.length, onto.x.length});
    what.apply(args, drawn, onto);
    tell(what, drawn);
  });
}

// The whole map of one sample: `count` instructions in order.
SEEDAUG_HD void sample_map(const MapInstruction* maps, int count, const PackedKey& key,
                           int32_t height, int32_t width, IndexMap& into) {
  into.y.begin(height);
  into.x.begin(width);
  SEEDAUG_NO_UNROLL
  for (int i = 0; i < count; ++i) {
    add_map(maps[i], key, into, [](auto, const auto&) {});
  }
}

SEEDAUG_HD void sample_map(const Program& program, const PackedKey& key, int32_t height,
                           int32_t width, IndexMap& into) {
  sample_map(program.map, program.maps, key, height, width, into);
}

}  // namespace seedaug
