// Checks a program's geometry against an image's size, instruction by instruction.
#include <string>

#include "core/sampling.h"
#include "cpu/names.h"
#include "cpu/program.h"

namespace seedaug {
namespace {

std::string by(int64_t height, int64_t width) {
  return std::to_string(height) + "x" + std::to_string(width);
}

// Reflecting reaches at most length - 1 beyond the border, mirroring with the border at most
// length.
bool pads_too_far(const Drawn& d, PadMode mode, ImageSize image) {
  if (mode != PadMode::reflect && mode != PadMode::symmetric) return false;
  const int64_t less = mode == PadMode::reflect ? 1 : 0;
  return d.pad_top > image.height - less || d.pad_bottom > image.height - less ||
         d.pad_left > image.width - less || d.pad_right > image.width - less;
}

std::string check_one(const GeometryInstruction& g, ImageSize& image) {
  const std::string what = name_of(g.kind);
  const PackedKey any{0, 0, 0};
  const int32_t height = static_cast<int32_t>(image.height),
                width = static_cast<int32_t>(image.width);
  Drawn d{};
  // A draw needs a crop that fits: take the paddings from an instruction that always fits.
  GeometryInstruction fitting = g;
  if (g.kind == Kind::random_crop && !g.pad_if_needed) fitting.height = fitting.width = 1;
  d = draw(fitting, any, height, width);
  const int64_t rows = image.height + d.pad_top + d.pad_bottom,
                columns = image.width + d.pad_left + d.pad_right;
  if (pads_too_far(d, g.mode, image)) {
    return what + ": padding must be smaller than the image (" + by(image.height, image.width) +
           ") for " +
           (g.mode == PadMode::reflect ? "padding_mode='reflect'" : "padding_mode='symmetric'");
  }
  if (rows < 1 || columns < 1) return what + ": the padded image would be " + by(rows, columns);
  image = {rows, columns};
  if (g.kind == Kind::pad || g.kind == Kind::horizontal_flip || g.kind == Kind::vertical_flip)
    return "";
  if (g.height > rows || g.width > columns) {
    return what + "(size=(" + std::to_string(g.height) + ", " + std::to_string(g.width) +
           ")): the padded image is " + by(rows, columns) +
           "; give a smaller size, padding=, or pad_if_needed=True";
  }
  image = {g.height, g.width};
  return "";
}

}  // namespace

std::string output_size(const Program& program, ImageSize image, ImageSize& result) {
  if (image.height < 1 || image.width < 1) {
    return "an image must have at least one pixel, got " + by(image.height, image.width);
  }
  for (int i = 0; i <= program.geometries; ++i) {
    if (image.height > kMaxSide || image.width > kMaxSide) {
      return "height and width must be at most " + std::to_string(kMaxSide) + ", got " +
             by(image.height, image.width);
    }
    if (i == program.geometries) break;
    const std::string error = check_one(program.geometry[i], image);
    if (!error.empty()) return error;
  }
  result = image;
  return "";
}

}  // namespace seedaug
