// What the arguments of transforms are made of, and how a transform tells them.
//
// Each transform lists its arguments once, in the order of the encoding, to a visitor:
//
//   v.integer("height", a.height, 1, kMaxSide)       one number of the program: from, to
//   v.choice("padding_mode", a.mode, kPadModes)      one of a few names
//   v.flag("clip", a.clip)                           0 or not
//   v.number("sigma", a.sigma)                       a float: an offset into the list of values
//   v.probability("p", a.threshold)                  the same, as the threshold of a gate
//   v.channel_values("mean", a.mean)                 floats, one or one for each channel: an offset
//                                                    and their count
//   v.fill(a.border.fill)                            the same, of what surrounds an image; or none
//   v.zero_fill(a.fill)                              nothing of the program
//
// Numbers that follow each other share one offset and lie one after another; so do channel values,
// which share their count too. One visitor reads an encoded program (program/lower.cpp), another
// one counts, a third tells Python (csrc/numpy/).
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "core/target.h"

namespace seedaug {

constexpr int64_t kMaxSide =
    INT32_MAX / 4;  // of an image, in pixels: sums of a few stay in 32 bits
struct Size {
  int32_t height, width;
};

// Host only: values of an encoded program.
struct ChannelValues {
  const double* at;
  int count;  // 1, or the number of channels
};

template <int N>
struct Choices {
  const char* name[N];
};

// Additive arguments are zero in the derivative of a program.
enum class Role : uint8_t { plain, additive };

// What comes out of an image of a size: the same, padded, or (padded and) cropped to the arguments
// height and width.
enum class SizeRule : uint8_t { same, padded, cropped };

// Host only: as C++'s streams write it.
inline std::string text(double v) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%g", v);
  return buffer;
}

}  // namespace seedaug
