// The chain of a pack: words as they were read -> float32 values -> the program -> words.
#pragma once

#include "cuda/convert.h"
#include "cuda/normal.h"
#include "cuda/pack_load.h"
#include "cuda/pointwise.h"

namespace seedaug::cuda {

template <int kPack, int kPlanes>
struct Values {
  float v[kPlanes][kPack];
};

// A pack's place among the elements of its stream and the channels.
struct Course {
  int32_t element[3];  // of the stream: of the pack's first element, in each plane
  int32_t channel;     // of the first
  int32_t split;       // from this element of the pack on: the next channel
};

template <int kPack, int kPlanes>
SEEDAUG_HD Course course_of(const Layout& l, const Place& at) {
  Course course{};
  course.channel = at.channel;
  if constexpr (kPlanes == 3) {
    for (int c = 0; c < 3; ++c) course.element[c] = (at.frame * 3 + c) * l.plane + at.first;
    course.split = kPack;
  } else {
    course.element[0] = at.first;
    course.split = (at.frame * l.channels + at.channel + 1) * l.plane - at.first;
  }
  return course;
}

// v += scaled normals. Where the pack begins at a Philox block, by whole blocks; else each block's
// elements are put where they belong.
template <int kPack>
SEEDAUG_HD void add_noise(const Stream& from, int32_t element, float sigma, float mean, float* v) {
  const int32_t shift = element & 3;
  const int32_t quad = (element - shift) / 4;
  SEEDAUG_NO_UNROLL
  for (int k = 0; 4 * k < kPack + shift; ++k) {
    const Quad z = normal_quad(from, static_cast<uint32_t>(quad + k));
    const int at = 4 * k - shift;  // of its first element in the pack
    SEEDAUG_UNROLL
    for (int i = 0; i < kPack; ++i) {
      const int e = i - at;
      if (e < 0 || e > 3) continue;
      const float low = choose(e == 0, z.v[0], z.v[1]), high = choose(e == 2, z.v[2], z.v[3]);
      const float normal = e < 2 ? low : high;
      v[i] = v[i] + fused(normal, sigma, mean);
    }
  }
}

template <int kPack>
SEEDAUG_HD void add_aligned_noise(const Stream& from, int32_t element, float sigma, float mean,
                                  float* v) {
  SEEDAUG_UNROLL
  for (int k = 0; k < kPack / 4; ++k) {
    const Quad z = normal_quad(from, static_cast<uint32_t>(element / 4 + k));
    SEEDAUG_UNROLL
    for (int i = 0; i < 4; ++i) v[4 * k + i] = v[4 * k + i] + fused(z.v[i], sigma, mean);
  }
}

SEEDAUG_HD Stream noise_stream(const PackedKey& key, uint32_t occurrence) {
  return stream(key, static_cast<uint32_t>(Kind::gaussian_noise), occurrence);
}

// Puts the value of a fill that enters the chain here over the elements that it covers.
template <int kPack, int kPlanes>
SEEDAUG_HD void cover(const Layout& l, const Program& program, const Slot& slot, const Place& at,
                      int fill, Values<kPack, kPlanes>& values) {
  uint32_t covered = 0, next_channel = 0;
  SEEDAUG_NO_UNROLL
  for (int i = at.begin; i < at.end; ++i) {
    const Place p = element_place<kPlanes>(l, at, i);
    const int32_t outside =
        later_fill(walk_axis(slot.geometry.y, p.y), walk_axis(slot.geometry.x, p.x));
    if (outside != -1 - fill) continue;
    covered |= uint32_t{1} << i;
    if (p.channel != at.channel) next_channel |= uint32_t{1} << i;
  }
  if (covered == 0) return;
  const Fill& f = program.fill[fill];
  SEEDAUG_UNROLL
  for (int c = 0; c < kPlanes; ++c) {
    const int channel = at.channel + c, next = channel + 1 == l.channels ? 0 : channel + 1;
    const float value = program.table[f.table + (f.count == 1 ? 0 : channel)];
    const float other = program.table[f.table + (f.count == 1 ? 0 : next)];
    SEEDAUG_UNROLL
    for (int i = 0; i < kPack; ++i) {
      const float here = next_channel >> i & 1 ? other : value;
      values.v[c][i] = choose((covered >> i & 1) != 0, here, values.v[c][i]);
    }
  }
}

template <int kPack, int kPlanes>
SEEDAUG_HD void cover_late(const Layout& l, const Program& program, const Slot& slot,
                           const Place& at, int op, Values<kPack, kPlanes>& values) {
  SEEDAUG_NO_UNROLL
  for (int f = 0; f < program.fills; ++f) {
    if ((l.late >> f & 1) != 0 && program.fill[f].entry == op) {
      cover(l, program, slot, at, f, values);
    }
  }
}

template <int kPack, int kPlanes, class Function>
SEEDAUG_HD void each_value(Values<kPack, kPlanes>& values, const Function& f) {
  SEEDAUG_UNROLL
  for (int c = 0; c < kPlanes; ++c) {
    SEEDAUG_UNROLL
    for (int i = 0; i < kPack; ++i) values.v[c][i] = f(values.v[c][i]);
  }
}

template <int kPack, int kPlanes>
SEEDAUG_HD void affine(const Layout& l, const Program& program, const PointwiseOp& op,
                       const Course& course, Values<kPack, kPlanes>& values) {
  const float* table = program.table + op.table;
  SEEDAUG_UNROLL
  for (int c = 0; c < kPlanes; ++c) {
    const int channel = course.channel + c, next = channel + 1 == l.channels ? 0 : channel + 1;
    const int at = op.count == 1 ? 0 : channel, after = op.count == 1 ? 0 : next;
    const float a = table[at], b = table[at + op.count];
    const float next_a = table[after], next_b = table[after + op.count];
    SEEDAUG_UNROLL
    for (int i = 0; i < kPack; ++i) {
      const bool here = kPlanes == 3 || i < course.split;
      values.v[c][i] = fused(values.v[c][i], here ? a : next_a, here ? b : next_b);
    }
  }
}

// Every op of the program, one after another over the whole pack.
template <int kPack, int kPlanes>
SEEDAUG_HD void run_program(const Layout& l, const Program& program, const Slot& slot,
                            const Place& at, Values<kPack, kPlanes>& values) {
  const Course course = course_of<kPack, kPlanes>(l, at);
  SEEDAUG_NO_UNROLL
  for (int k = 0; k < program.ops; ++k) {
    if (l.late != 0) cover_late(l, program, slot, at, k, values);
    const PointwiseOp& op = program.op[k];
    if (op.code == PointwiseOp::Code::affine) {
      affine(l, program, op, course, values);
    } else if (op.code == PointwiseOp::Code::noise) {
      const Stream from = noise_stream(slot.key, op.occurrence);
      SEEDAUG_UNROLL
      for (int c = 0; c < kPlanes; ++c) {
        add_noise<kPack>(from, course.element[c], op.a, op.b, values.v[c]);
      }
    } else {
      each_op(op, [&](const auto& f) { each_value(values, f); });
    }
  }
  if (l.late != 0) cover_late(l, program, slot, at, program.ops, values);
}

}  // namespace seedaug::cuda
