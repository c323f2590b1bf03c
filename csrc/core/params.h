// What the `params` op tells of one sample, on the host and on the device.
#pragma once

#include "core/batch.h"
#include "core/sampling.h"

namespace seedaug {

// Writes the rows of one sample's geometry; the rows of pointwise instructions stay zero.
SEEDAUG_HD void write_params(const ParamsBatch& batch, int64_t sample) {
  const Program& program = *batch.program;
  const PackedKey key = packed_key(batch.keys + sample * batch.key_stride);
  Geometry geometry;
  geometry.y.begin(batch.height);
  geometry.x.begin(batch.width);
  for (int i = 0; i < program.geometries; ++i) {
    const GeometryInstruction& g = program.geometry[i];
    const Drawn d = draw(g, key, geometry.y.length, geometry.x.length);
    apply(g, d, geometry);
    int64_t* row = batch.result + (sample * program.instructions + g.instruction) * kDrawnFields;
    const bool is_flip = g.kind == Kind::horizontal_flip || g.kind == Kind::vertical_flip;
    row[0] = is_flip ? d.flipped : d.top;
    row[1] = d.left;
    row[2] = d.pad_left;
    row[3] = d.pad_top;
    row[4] = d.pad_right;
    row[5] = d.pad_bottom;
  }
}

}  // namespace seedaug
