// What the `params` op tells of one sample, on the host and on the device.
#pragma once

#include "program/batch.h"
#include "program/sample.h"

namespace seedaug {

// Writes the fields of what was drawn one after another.
struct FieldWriter {
  int64_t* to;
  SEEDAUG_HD void integer(const char*, int32_t value) { *to++ = value; }
  SEEDAUG_HD void unused() { ++to; }
  SEEDAUG_HD void flag(const char*, bool value) { *to++ = value; }
};

// Writes the rows of one sample's maps; the rows of value ops stay zero.
SEEDAUG_HD void write_params(const ParamsBatch& batch, int64_t sample) {
  const Program& program = *batch.program;
  const PackedKey key = packed_key(batch.keys + sample * batch.key_stride);
  IndexMap map;
  map.y.begin(batch.height);
  map.x.begin(batch.width);
  for (int i = 0; i < program.maps; ++i) {
    const MapInstruction& m = program.map[i];
    add_map(m, key, map, [&](auto what, const auto& drawn) {
      FieldWriter writer{batch.result +
                         (sample * program.instructions + m.instruction) * kDrawnFields};
      what.fields(writer, drawn);
    });
  }
}

}  // namespace seedaug
