// The pack kernels: a thread reads a pack (16 bytes of output, in the pixel walk of each of three
// channels), computes and writes it; compiled for the host too, so that tests can walk the grid.
//
//   block b -> samples [b / tiles * slots, + slots), tile b % tiles of their packs
//   thread i -> packs i, i + threads, ... of those
//
// Two phases, a barrier between: begin_block (slot.h) draws each sample's map, run_block does
// the packs. What is done with the pixels is the template's: Copy, Chain or Interpret.
#pragma once

#include "cuda/pack_chain.h"

namespace seedaug::cuda {

// Writes kPack output elements of each plane; word(c, j) of planar, word(0, j) of interleaved ones.
template <int kOut, int kPlanes, class Word>
SEEDAUG_HD void store_pack(const Layout& l, const Slot& slot, const Place& at, const Word& word) {
  constexpr int kPack = 16 / kOut;
  char* to = slot.target + at.frame * l.target_frame;
  if constexpr (kPlanes == 3) {
    if (l.target_interleaved) {
      to += at.first * 3 * kOut;
      SEEDAUG_UNROLL
      for (int part = 0; part < 3; ++part) {
        Words4 four;
        SEEDAUG_UNROLL
        for (int j = 0; j < 4; ++j) four.word[j] = word(4 * part + j, true, 0);
        write_words<kOut>(to + 16 * part, four, 0, 3 * at.end - kPack * part);
      }
      return;
    }
  } else {
    to = slot.target;
  }
  SEEDAUG_UNROLL
  for (int c = 0; c < kPlanes; ++c) {
    Words4 four;
    SEEDAUG_UNROLL
    for (int j = 0; j < 4; ++j) four.word[j] = word(j, false, c);
    write_words<kOut>(to + c * l.target_channel + at.first * kOut, four, at.begin, at.end);
  }
}

// kNumbers: none is NaN.
template <int kOut, bool kNumbers, int kPack, int kPlanes>
SEEDAUG_HD void store_values(const Layout& l, const Slot& slot, const Place& at, DType type,
                             const Values<kPack, kPlanes>& values) {
  store_pack<kOut, kPlanes>(l, slot, at, [&](int j, bool interleaved, int c) {
    const auto value = [&](int i) {
      return interleaved ? float{values.v[i % 3][i / 3]} : float{values.v[c][i]};
    };
    return value_word<kOut, kNumbers>(type, value, j);
  });
}

// Maps alone: elements of kSize bytes as they are.
template <int kSize, int kPlanesOf>
struct Copy {
  static constexpr int kIn = kSize, kOut = kSize, kPlanes = kPlanesOf, kPack = 16 / kSize;

  template <class Arguments>
  static SEEDAUG_HD void run(const Arguments& arguments, const Slot& slot, const Place& at,
                             const Raw<kIn, kPack, kPlanes>& raw) {
    store_pack<kOut, kPlanes>(layout_of(arguments), slot, at, [&](int j, bool interleaved, int c) {
      if (!interleaved) return raw.word[c][j];
      return gather_word<kSize == 8 ? 4 : kSize>(
          [&](int i) {
            const int byte = i / 3 * kSize;
            return ElementAt{raw.word[i % 3 % kPlanes][byte / 4], byte % 4};
          },
          j);
    });
  }
};

// Any program, op by op.
template <int kInSize, int kOutSize, int kPlanesOf>
struct Interpret {
  static constexpr int kIn = kInSize, kOut = kOutSize, kPlanes = kPlanesOf, kPack = 16 / kOutSize;

  template <class Arguments>
  static SEEDAUG_HD void run(const Arguments& arguments, const Slot& slot, const Place& at,
                             const Raw<kIn, kPack, kPlanes>& raw) {
    const Layout& l = layout_of(arguments);
    const Program& program = program_of(arguments);
    Values<kPack, kPlanes> values;
    SEEDAUG_UNROLL
    for (int c = 0; c < kPlanes; ++c) {
      SEEDAUG_UNROLL
      for (int i = 0; i < kPack; ++i) {
        values.v[c][i] = element_value<kIn>(program.input, raw.word[c], i);
      }
    }
    run_program(l, program, slot, at, values);
    store_values<kOut, false>(l, slot, at, program.output, values);
  }
};

// The commonest programs, three channels of uint8 that become floats: the ops of one list, of which
// any may be missing. kNoise: one that takes normals may be there.
template <DType kType, bool kNoise, class Ops = ChainOps>
struct Chain;
template <DType kType, bool kNoise, class... Ops>
struct Chain<kType, kNoise, OpList<Ops...>> {
  static constexpr int kIn = 1, kOut = kType == DType::f32 ? 4 : 2, kPlanes = 3, kPack = 16 / kOut;

  static SEEDAUG_HD void run(const ChainArguments& a, const Slot& slot, const Place& at,
                             const Raw<kIn, kPack, kPlanes>& raw) {
    const Course course = course_of<kPack, kPlanes>(a.layout, at);
    Values<kPack, kPlanes> values;
    SEEDAUG_UNROLL
    for (int c = 0; c < kPlanes; ++c) {
      SEEDAUG_UNROLL
      for (int i = 0; i < kPack; ++i) {
        values.v[c][i] = element_value<1>(DType::u8, raw.word[c], i);
      }
    }
    int k = 0;
    (run_op<Ops>(a, a.op[k++], course, slot, values), ...);
    // Finite numbers times and plus finite numbers: without noise there is no NaN.
    store_values<kOut, !kNoise>(a.layout, slot, at, kType, values);
  }

 private:
  template <class T>
  static SEEDAUG_HD void run_op(const ChainArguments& a, const ChainOp& op, const Course& course,
                                const Slot& slot, Values<kPack, kPlanes>& values) {
    if (T::kNormals && !kNoise) return;
    if (!op.present) return;
    if constexpr (T::kNormals) {
      const Stream from = stream(slot.key, op.kind, op.occurrence);
      const bool aligned = ((course.element[0] | a.layout.plane) & 3) == 0;
      SEEDAUG_UNROLL
      for (int c = 0; c < kPlanes; ++c) {
        const Operands<float> with{op.a[c], op.b[c], 0.0f};
        if (aligned) {
          add_aligned_normals<T, kPack>(from, course.element[c], with, values.v[c]);
        } else {
          add_normals<T, kPack>(from, course.element[c], with, values.v[c]);
        }
      }
    } else {
      SEEDAUG_UNROLL
      for (int c = 0; c < kPlanes; ++c) {
        const Operands<float> with{op.a[c], op.b[c], 0.0f};
        SEEDAUG_UNROLL
        for (int i = 0; i < kPack; ++i) values.v[c][i] = T::apply(values.v[c][i], with);
      }
    }
  }
};

// Where a pack of a sample is; false if it is empty.
template <int kPack, int kPlanes>
SEEDAUG_HD bool place_pack(const Layout& l, const Slot& slot, uint32_t pack, Place& at) {
  at = {};
  int32_t all = l.elements;
  uint32_t row;
  if constexpr (kPlanes == 3) {
    const uint32_t frame = l.frames > 1 ? l.by_packs.divide(pack) : 0;
    at.frame = static_cast<int32_t>(frame);
    at.first = static_cast<int32_t>(pack - frame * l.packs) * kPack;
    all = l.plane;
    row = l.by_width.divide(static_cast<uint32_t>(at.first));
    at.y = static_cast<int32_t>(row);
  } else {
    at.first = static_cast<int32_t>(pack) * kPack - slot.skew;
    at.begin = at.first < 0 ? -at.first : 0;
    row = l.by_width.divide(static_cast<uint32_t>(at.first + at.begin));
    find_row(l, row, at);
  }
  at.end = all - at.first < kPack ? all - at.first : kPack;
  at.x = at.first + at.begin - static_cast<int32_t>(row * l.by_width.divisor);
  return at.begin < at.end;
}

template <class What, class Arguments>
SEEDAUG_HD void run_block(const Arguments& arguments, const BlockState& state, uint32_t block,
                          int thread) {
  const Layout& l = layout_of(arguments);
  const uint32_t group = block / l.tiles;
  uint32_t begin = 0, count;
  if (l.slots > 1) {
    const int64_t left = l.samples - int64_t{group} * l.slots;
    count = static_cast<uint32_t>(left < l.slots ? left : l.slots) * l.sample_packs;
  } else {
    begin = (block - group * l.tiles) * l.tile_packs;
    count = begin >= l.sample_packs ? 0 : l.sample_packs - begin;
    if (count > l.tile_packs) count = l.tile_packs;
  }
  SEEDAUG_NO_UNROLL
  for (auto i = static_cast<uint32_t>(thread); i < count; i += static_cast<uint32_t>(l.threads)) {
    const uint32_t number = l.slots > 1 ? l.by_sample_packs.divide(i) : 0;
    const Slot& slot = state.slot[number];
    Place at;
    const uint32_t pack = begin + i - number * l.sample_packs;
    if (!place_pack<What::kPack, What::kPlanes>(l, slot, pack, at)) continue;
    Raw<What::kIn, What::kPack, What::kPlanes> raw;
    load_pack(arguments, slot, at, raw);
    What::run(arguments, slot, at, raw);
  }
}

}  // namespace seedaug::cuda
