// From a key to one sample's parameters: the only place where crop offsets and flips are decided.
#pragma once

#include "core/counter.h"
#include "core/program.h"
#include "core/uniform.h"

namespace seedaug {

// One row of the `params` op.
struct Drawn {
  int32_t top, left;  // crops: in the padded image
  int32_t pad_left, pad_top, pad_right, pad_bottom;
  bool flipped;
};

// int(round(difference / 2)) of Python: to nearest, ties to even. difference >= 0
SEEDAUG_HD constexpr int32_t half_to_even(int32_t difference) {
  const int32_t half = difference / 2;
  return difference % 2 == 0 ? half : half + (half & 1);
}
static_assert(half_to_even(1) == 0 && half_to_even(3) == 2 && half_to_even(5) == 2);

SEEDAUG_HD constexpr int32_t at_least_zero(int32_t i) { return i > 0 ? i : 0; }

// Words of random_crop: 0 the gate (unused), 1 top, 2 left.
SEEDAUG_HD Drawn draw_random_crop(const GeometryInstruction& g, const Stream& from, int32_t height,
                                  int32_t width) {
  Drawn d{0, 0, g.left, g.top, g.right, g.bottom, false};
  if (g.pad_if_needed) {
    const int32_t rows = at_least_zero(g.height - (height + g.top + g.bottom));
    const int32_t columns = at_least_zero(g.width - (width + g.left + g.right));
    d.pad_top += rows;
    d.pad_bottom += rows;
    d.pad_left += columns;
    d.pad_right += columns;
  }
  const Block words = from.block(0);
  const int32_t spare_rows = height + d.pad_top + d.pad_bottom - g.height;
  const int32_t spare_columns = width + d.pad_left + d.pad_right - g.width;
  d.top = static_cast<int32_t>(bounded(words.w1, static_cast<uint64_t>(spare_rows) + 1));
  d.left = static_cast<int32_t>(bounded(words.w2, static_cast<uint64_t>(spare_columns) + 1));
  return d;
}

// Draws nothing. A smaller image is padded first, the odd pixel after it.
SEEDAUG_HD Drawn place_center_crop(const GeometryInstruction& g, int32_t height, int32_t width) {
  const int32_t rows = at_least_zero(g.height - height), columns = at_least_zero(g.width - width);
  Drawn d{0, 0, columns / 2, rows / 2, (columns + 1) / 2, (rows + 1) / 2, false};
  d.top = half_to_even(at_least_zero(height - g.height));
  d.left = half_to_even(at_least_zero(width - g.width));
  return d;
}

// The parameters of one instruction for one sample, given the size of what comes into it.
SEEDAUG_HD Drawn draw(const GeometryInstruction& g, const PackedKey& key, int32_t height,
                      int32_t width) {
  const Stream from = stream(key, static_cast<uint32_t>(g.kind), g.occurrence);
  switch (g.kind) {
    case Kind::random_crop:
      return draw_random_crop(g, from, height, width);
    case Kind::center_crop:
      return place_center_crop(g, height, width);
    case Kind::pad:
      return {0, 0, g.left, g.top, g.right, g.bottom, false};
    default:  // flips. Word 0: the gate
      return {0, 0, 0, 0, 0, 0, gate(from.block(0).w0, g.threshold)};
  }
}

// Puts one instruction behind a geometry.
SEEDAUG_HD void apply(const GeometryInstruction& g, const Drawn& d, Geometry& onto) {
  if (g.kind == Kind::horizontal_flip || g.kind == Kind::vertical_flip) {
    if (d.flipped) (g.kind == Kind::horizontal_flip ? onto.x : onto.y).flip();
    return;
  }
  onto.y.pad(d.pad_top, d.pad_bottom, g.mode, g.fill);
  onto.x.pad(d.pad_left, d.pad_right, g.mode, g.fill);
  if (g.kind == Kind::pad) return;
  onto.y.crop(d.top, g.height);
  onto.x.crop(d.left, g.width);
}

// The whole geometry of one sample: `count` instructions in order.
SEEDAUG_HD void sample_geometry(const GeometryInstruction* instructions, int count,
                                const PackedKey& key, int32_t height, int32_t width,
                                Geometry& into) {
  into.y.begin(height);
  into.x.begin(width);
  SEEDAUG_NO_UNROLL
  for (int i = 0; i < count; ++i) {
    const GeometryInstruction& g = instructions[i];
    apply(g, draw(g, key, into.y.length, into.x.length), into);
  }
}

SEEDAUG_HD void sample_geometry(const Program& program, const PackedKey& key, int32_t height,
                                int32_t width, Geometry& into) {
  sample_geometry(program.geometry, program.geometries, key, height, width, into);
}

}  // namespace seedaug
