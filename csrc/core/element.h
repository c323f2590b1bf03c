// One element in memory <-> a float32 value, for the types that arithmetic knows.
#pragma once

#include "core/dtype.h"

namespace seedaug {

SEEDAUG_HD float read_element(DType type, const void* at) {
  switch (type) {
    case DType::u8:
      return static_cast<float>(*static_cast<const uint8_t*>(at));
    case DType::f16:
      return f16_to_float(*static_cast<const uint16_t*>(at));
    case DType::bf16:
      return bf16_to_float(*static_cast<const uint16_t*>(at));
    default:
      return *static_cast<const float*>(at);
  }
}

// Rounds to the type; uint8: v is an integer in [0, 255] already.
SEEDAUG_HD void write_element(DType type, float v, void* at) {
  switch (type) {
    case DType::u8:
      *static_cast<uint8_t*>(at) = static_cast<uint8_t>(v);
      return;
    case DType::f16:
      *static_cast<uint16_t*>(at) = float_to_f16(v);
      return;
    case DType::bf16:
      *static_cast<uint16_t*>(at) = float_to_bf16(v);
      return;
    default:
      *static_cast<float*>(at) = v;
  }
}

}  // namespace seedaug
