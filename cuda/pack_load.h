// Reads the source pixels of a pack into words, in the order of the output.
//
//   one row   aligned words, then byte permutes; where the pack reaches outside and
//             what is there is one constant, a mask (the lanes of a warp go the same
//             way but for that)
//   rows      it spans two rows or more: the same for each, put together
//   elements  anything else, and where a word would reach over the tensor's ends: one by one
#pragma once

#include "cuda/slot.h"

namespace seedaug::cuda {

template <int kIn, int kPack, int kPlanes>
struct Raw {
  static constexpr int kWords = kPack * kIn / 4;
  uint32_t word[kPlanes][kWords];
};

// Where a pack is in the output.
struct Place {
  int32_t first;                 // element of the sample (flat) or pixel of the frame
  int32_t begin, end;            // the pack's elements that are of this sample and frame
  int32_t frame, channel, y, x;  // of the first of them; y and x where the walk needs them
};

SEEDAUG_HD int32_t source_row(const Slot& slot, int32_t y) {
  const bool inside = y >= slot.y.begin && y < slot.y.end;
  return inside ? slot.y.sign * y + slot.y.offset : walk_axis(slot.map.y, y);
}

// The three channels of `count` elements side by side, apart. A reversed string has its
// channels reversed too.
template <int kIn, int kPack>
SEEDAUG_HD void deinterleave(const uint32_t* from, bool reversed, Raw<kIn, kPack, 3>& raw) {
  constexpr int kWords = Raw<kIn, kPack, 3>::kWords;
  uint32_t plane[3][kWords];
  SEEDAUG_UNROLL
  for (int c = 0; c < 3; ++c) {
    SEEDAUG_UNROLL
    for (int j = 0; j < kWords; ++j) {
      plane[c][j] = gather_word<kIn>(
          [&](int i) {
            const int byte = (3 * i + c) * kIn;
            return ElementAt{from[byte / 4], byte % 4};
          },
          j);
    }
  }
  SEEDAUG_UNROLL
  for (int j = 0; j < kWords; ++j) {
    raw.word[0][j] = choose(reversed, plane[2][j], plane[0][j]);
    raw.word[1][j] = plane[1][j];
    raw.word[2][j] = choose(reversed, plane[0][j], plane[2][j]);
  }
}

// The pixels of kPack output columns from x on, all of them taken as inside. False where a word
// that is needed may not be read.
template <int kIn, int kPack, int kPlanes>
SEEDAUG_HD bool load_columns(const Layout& l, const Slot& slot, const Place& at, int32_t from_y,
                             int32_t x, Raw<kIn, kPack, kPlanes>& raw) {
  constexpr int kWords = Raw<kIn, kPack, kPlanes>::kWords;
  constexpr int kSpare = kIn < 4 ? 1 : 0;  // words for what is not aligned
  const bool reversed = slot.x.sign < 0;
  const int32_t column = reversed ? slot.x.offset - x - (kPack - 1) : slot.x.offset + x;
  const int32_t row =
      slot.lead + at.frame * slot.frame + at.channel * slot.channel + from_y * slot.row;
  if constexpr (kPlanes == 3) {
    if (l.source_interleaved) {
      const int32_t offset = row + column * 3 * kIn, low = offset & ~3;
      if (low < slot.readable_begin || low + 4 * (3 * kWords + kSpare) > slot.readable_end) {
        return false;
      }
      uint32_t words[3 * kWords + kSpare], aligned[3 * kWords];
      read_words<3 * kWords + kSpare>(slot.source + low, words);
      align_words<kIn, 3 * kWords>(words, static_cast<uint32_t>(offset & 3), reversed, aligned);
      deinterleave<kIn, kPack>(aligned, reversed, raw);
      return true;
    }
  }
  const int32_t offset = row + column * kIn, last = offset + (kPlanes - 1) * slot.channel;
  if ((offset & ~3) < slot.readable_begin ||
      (last & ~3) + 4 * (kWords + kSpare) > slot.readable_end) {
    return false;
  }
  uint32_t words[kPlanes][kWords + kSpare];
  SEEDAUG_UNROLL
  for (int c = 0; c < kPlanes; ++c) {  // every load before the first use
    read_words<kWords + kSpare>(slot.source + ((offset + c * slot.channel) & ~3), words[c]);
  }
  SEEDAUG_UNROLL
  for (int c = 0; c < kPlanes; ++c) {
    const auto shift = static_cast<uint32_t>((offset + c * slot.channel) & 3);
    align_words<kIn, kWords>(words[c], shift, reversed, raw.word[c]);
  }
  return true;
}

// Frame, channel and row of a flat row number.
SEEDAUG_HD void find_row(const Layout& l, uint32_t row, Place& at) {
  const uint32_t plane = l.by_height.divide(row), frame = l.by_channels.divide(plane);
  at.y = static_cast<int32_t>(row - plane * l.by_height.divisor);
  at.channel = static_cast<int32_t>(plane - frame * l.by_channels.divisor);
  at.frame = static_cast<int32_t>(frame);
}

// The elements [first, last) of a pack, which are columns x + first ... of one row. False where
// they must be walked one by one.
template <int kIn, int kPack, int kPlanes>
SEEDAUG_HD bool load_part(const Layout& l, const Slot& slot, const Place& at, int32_t x, int first,
                          int last, Raw<kIn, kPack, kPlanes>& raw) {
  const int32_t from_y = source_row(slot, at.y);
  const int begin = slot.x.begin - x > first ? slot.x.begin - x : first;
  const int end = slot.x.end - x < last ? slot.x.end - x : last;
  const bool whole = from_y >= 0 && begin == first && end == last;
  if (!whole && !l.constant_fill) return false;
  Raw<kIn, kPack, kPlanes> part{};
  const bool some = from_y >= 0 && begin < end;
  if (some && !load_columns(l, slot, at, from_y, x, part)) return false;
  if (whole && first == 0 && last == kPack) {
    raw = part;
    return true;
  }
  SEEDAUG_UNROLL
  for (int j = 0; j < Raw<kIn, kPack, kPlanes>::kWords; ++j) {
    const uint32_t here = word_mask(first * kIn, last * kIn, j);
    const uint32_t pixels = some ? word_mask(begin * kIn, end * kIn, j) : 0;
    SEEDAUG_UNROLL
    for (int c = 0; c < kPlanes; ++c) {
      const uint32_t fill = l.fill[(at.channel + c) & (kFillWords - 1)];
      const uint32_t value = (part.word[c][j] & pixels) | (fill & ~pixels);
      raw.word[c][j] = (raw.word[c][j] & ~here) | (value & here);
    }
  }
  return true;
}

// A pack that spans two rows or more.
template <int kIn, int kPack, int kPlanes>
SEEDAUG_HD bool load_edges(const Layout& l, const Slot& slot, const Place& at,
                           Raw<kIn, kPack, kPlanes>& raw) {
  if (l.width < kPack || at.begin > 0) return false;
  Place row = at;
  int32_t x = at.x;
  int first = 0;
  SEEDAUG_NO_UNROLL
  while (first < at.end) {
    const int left = l.width - x, last = left < at.end ? left : at.end;
    if (!load_part(l, slot, row, x, first, last, raw)) return false;
    first = last;
    x -= l.width;
    if (kPlanes == 1 && first < at.end) {
      find_row(l, l.by_width.divide(static_cast<uint32_t>(at.first + first)), row);
    } else {
      ++row.y;
    }
  }
  return true;
}

// Puts one element into packed words, which are zero there. i is known at run time only, so every
// word is asked; by a choice, not a branch, or the compiler takes the branch for words[i].
template <int kIn, int kWords>
SEEDAUG_HD void put_element(uint32_t* words, int i, uint64_t bits) {
  SEEDAUG_UNROLL
  for (int j = 0; j < kWords; ++j) {
    const int byte = i * kIn - 4 * j;  // of the element in this word
    uint32_t part = static_cast<uint32_t>(bits);
    if constexpr (kIn == 8) {
      part = choose(byte < 0, static_cast<uint32_t>(bits >> 32), part);
      words[j] |= choose(byte == 0 || byte == -4, part, 0u);
    } else {
      words[j] |= choose(byte >= 0 && byte < 4, part << 8 * (byte & 3), 0u);
    }
  }
}

template <int kIn>
SEEDAUG_HD uint64_t read_bits(const char* from) {
  if constexpr (kIn == 1) return read_integer<uint8_t>(from);
  if constexpr (kIn == 2) return read_integer<uint16_t>(from);
  if constexpr (kIn == 4) return read_integer<uint32_t>(from);
  const uint64_t low = read_integer<uint32_t>(from);
  return low | uint64_t{read_integer<uint32_t>(from + 4)} << 32;
}

// Where element i of a pack is.
template <int kPlanes>
SEEDAUG_HD Place element_place(const Layout& l, const Place& at, int i) {
  Place p = at;
  const auto number = static_cast<uint32_t>(at.first + i);
  const uint32_t row = l.by_width.divide(number);
  p.x = static_cast<int32_t>(number - row * l.by_width.divisor);
  if constexpr (kPlanes == 1) {
    find_row(l, row, p);
  } else {
    p.y = static_cast<int32_t>(row);
  }
  return p;
}

template <int kIn, int kPack, int kPlanes, class Arguments>
SEEDAUG_HD void load_elements(const Arguments& arguments, const Slot& slot, const Place& at,
                              Raw<kIn, kPack, kPlanes>& raw) {
  const Layout& l = layout_of(arguments);
  raw = {};
  SEEDAUG_NO_UNROLL
  for (int i = at.begin; i < at.end; ++i) {
    const Place p = element_place<kPlanes>(l, at, i);
    const int32_t y = walk_axis(slot.map.y, p.y), x = walk_axis(slot.map.x, p.x);
    const int32_t outside = later_fill(y, x);
    const int32_t across = kPlanes == 3 && l.source_interleaved ? 3 * kIn : kIn;
    const int32_t offset =
        slot.lead + p.frame * slot.frame + p.channel * slot.channel + y * slot.row + x * across;
    SEEDAUG_UNROLL
    for (int c = 0; c < kPlanes; ++c) {
      uint64_t bits;
      if (outside >= 0) {
        bits = read_bits<kIn>(slot.source + offset + c * slot.channel);
      } else {
        bits = fill_bits(arguments, -1 - outside, p.channel + c);
        if (kIn < 8) bits &= (uint64_t{1} << 8 * (kIn % 8)) - 1;
      }
      put_element<kIn, Raw<kIn, kPack, kPlanes>::kWords>(raw.word[c], i, bits);
    }
  }
}

template <int kIn, int kPack, int kPlanes, class Arguments>
SEEDAUG_HD void load_pack(const Arguments& arguments, const Slot& slot, const Place& at,
                          Raw<kIn, kPack, kPlanes>& raw) {
  const Layout& l = layout_of(arguments);
  raw = {};
  if (at.begin == 0 && at.end == kPack && at.x + kPack <= l.width) {
    if (load_part(l, slot, at, at.x, 0, kPack, raw)) return;
  } else if (load_edges(l, slot, at, raw)) {
    return;
  }
  load_elements(arguments, slot, at, raw);
}

}  // namespace seedaug::cuda
