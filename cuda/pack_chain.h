// The chain of a pack: words as they were read -> float32 values -> the program -> words.
#pragma once

#include "cuda/convert.h"
#include "cuda/normal.h"
#include "cuda/pack_load.h"

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

// An op that takes normals. Where the pack begins at a Philox block, by whole blocks; else each
// block's elements are put where they belong.
template <class T, int kPack>
SEEDAUG_HD void add_normals(const Stream& from, int32_t element, Operands<float> with, float* v) {
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
      with.normal = e < 2 ? low : high;
      v[i] = T::apply(v[i], with);
    }
  }
}

template <class T, int kPack>
SEEDAUG_HD void add_aligned_normals(const Stream& from, int32_t element, Operands<float> with,
                                    float* v) {
  SEEDAUG_UNROLL
  for (int k = 0; k < kPack / 4; ++k) {
    const Quad z = normal_quad(from, static_cast<uint32_t>(element / 4 + k));
    SEEDAUG_UNROLL
    for (int i = 0; i < 4; ++i) {
      with.normal = z.v[i];
      v[4 * k + i] = T::apply(v[4 * k + i], with);
    }
  }
}

// One op of a program over a pack.
template <class T, int kPack, int kPlanes>
SEEDAUG_HD void run_op(const Layout& l, const Program& program, const ValueOp& op,
                       const Course& course, const PackedKey& key, Values<kPack, kPlanes>& values) {
  SEEDAUG_UNROLL
  for (int c = 0; c < kPlanes; ++c) {
    const int channel = course.channel + c;
    Operands<float> here{op.a, op.b, 0.0f}, after = here;
    if constexpr (T::kPerChannel) {
      const int next = channel + 1 == l.channels ? 0 : channel + 1;
      here = {scalar_a(program, op, channel), scalar_b(program, op, channel), 0.0f};
      after = {scalar_a(program, op, next), scalar_b(program, op, next), 0.0f};
    }
    if constexpr (T::kNormals) {
      static_assert(!T::kPerChannel);
      add_normals<T, kPack>(stream(key, op.kind, op.occurrence), course.element[c], here,
                            values.v[c]);
    } else {
      SEEDAUG_UNROLL
      for (int i = 0; i < kPack; ++i) {
        const bool first = !T::kPerChannel || kPlanes == 3 || i < course.split;
        const Operands<float> with{first ? here.a : after.a, first ? here.b : after.b, 0.0f};
        values.v[c][i] = T::apply(values.v[c][i], with);
      }
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
    const ValueOp& op = program.op[k];
    with_op(op.code,
            [&](auto what) { run_op<decltype(what)>(l, program, op, course, slot.key, values); });
  }
}

}  // namespace seedaug::cuda
