#include "cpu/names.h"

namespace seedaug {

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::random_crop:
      return "RandomCrop";
    case Kind::center_crop:
      return "CenterCrop";
    case Kind::pad:
      return "Pad";
    case Kind::horizontal_flip:
      return "RandomHorizontalFlip";
    case Kind::vertical_flip:
      return "RandomVerticalFlip";
    case Kind::to_dtype:
      return "ToDtype";
    case Kind::normalize:
      return "Normalize";
    case Kind::gaussian_noise:
      return "GaussianNoise";
    case Kind::clamp:
      return "Clamp";
    default:
      return nullptr;
  }
}

const char* name_of(DType type) {
  static const char* const names[] = {"uint8",  "float16", "bfloat16", "float32", "bool",
                                      "int8",   "int16",   "int32",    "int64",   "float64",
                                      "uint16", "uint32",  "uint64"};
  return names[static_cast<int>(type)];
}

}  // namespace seedaug
