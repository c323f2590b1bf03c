// Checks a program's maps against an image's size, one by one.
#include <string>

#include "program/lower.h"

namespace seedaug {
namespace {

std::string by(int64_t height, int64_t width) {
  return std::to_string(height) + "x" + std::to_string(width);
}

// Reflecting reaches at most length - 1 beyond the border, mirroring with the
// border at most length.
bool pads_too_far(const Padding& p, PadMode mode, ImageSize image) {
  if (mode != PadMode::reflect && mode != PadMode::symmetric) return false;
  const int64_t less = mode == PadMode::reflect ? 1 : 0;
  return p.top > image.height - less || p.bottom > image.height - less ||
         p.left > image.width - less || p.right > image.width - less;
}

template <class T>
std::string check_one(Kind kind, const typename T::Args& args, ImageSize& image) {
  const std::string what = name_of(kind);
  const Size size{static_cast<int32_t>(image.height), static_cast<int32_t>(image.width)};
  const Padding p = T::padding(args, size);
  const PadMode mode = T::border(args).mode;
  if (pads_too_far(p, mode, image)) {
    return what + ": padding must be smaller than the image (" + by(image.height, image.width) +
           ") for padding_mode='" + kPadModes.name[static_cast<int>(mode)] + "'";
  }
  image = {image.height + p.top + p.bottom, image.width + p.left + p.right};
  if (image.height < 1 || image.width < 1) {
    return what + ": the padded image would be " + by(image.height, image.width);
  }
  if constexpr (T::kSize == SizeRule::cropped) {
    if (args.height > image.height || args.width > image.width) {
      return what + "(size=(" + std::to_string(args.height) + ", " + std::to_string(args.width) +
             ")): the padded image is " + by(image.height, image.width) +
             "; give a smaller size, padding=, or pad_if_needed=True";
    }
    image = {args.height, args.width};
  }
  return "";
}

}  // namespace

std::string output_size(const Program& program, ImageSize image, ImageSize& result) {
  if (image.height < 1 || image.width < 1) {
    return "an image must have at least one pixel, got " + by(image.height, image.width);
  }
  for (int i = 0; i <= program.maps; ++i) {
    if (image.height > kMaxSide || image.width > kMaxSide) {
      return "height and width must be at most " + std::to_string(kMaxSide) + ", got " +
             by(image.height, image.width);
    }
    if (i == program.maps) break;
    const MapInstruction& m = program.map[i];
    const std::string error = with_map(m.kind, m.args, [&](auto what, const auto& args) {
      return check_one<decltype(what)>(m.kind, args, image);
    });
    if (!error.empty()) return error;
  }
  result = image;
  return "";
}

}  // namespace seedaug
