// Value ops: one step of arithmetic on a float32 value.
//
// A transform's op is `apply`, a template over a float and the vectors of csrc/cpu/isa/: one text
// for every instruction set and for CUDA. Between the ops of transforms stand roundings, which are
// the engine's: after each transform a value is rounded to the type that the image is of.
#pragma once

#include "core/dtype.h"
#include "transforms/arguments.h"

namespace seedaug {

constexpr Choices<4> kArithmeticTypes{{"uint8", "float16", "bfloat16", "float32"}};  // as DType

// What an op is given besides the value: its scalars, and the normal of the element if it asks.
template <class F>
struct Operands {
  F a, b, normal;
};

// What an op multiplies a gradient by.
enum class Slope : uint8_t { one, a, none };  // none: it has no gradient in the fused pass

// The type of what comes out of a transform: its input's, a float (float32 of uint8), or
// its argument `dtype`.
enum class ResultType : uint8_t { same, floats, chosen };

// X(struct, name)
#define SEEDAUG_FOR_EACH_ROUNDING(X)                                   \
  X(RoundU8, round_u8)     /* saturate, ties to even */                \
  X(TruncateU8, trunc_u8)  /* saturate, towards zero */                \
  X(RoundF16, round_f16)   /* to nearest even, as the other */         \
  X(RoundBF16, round_bf16) /* NaN becomes canonical, as in the next */ \
  X(Canonical, canonical)  /* every NaN becomes the canonical one */

struct Rounding {
  static constexpr bool kNormals = false;
  static constexpr bool kPerChannel = false;
  static constexpr Slope kSlope = Slope::one;
};

struct RoundU8 : Rounding {
  static constexpr Slope kSlope = Slope::none;
  static constexpr const char* kNoSlope = "rounding to integers has no gradient";
  template <class F>
  static SEEDAUG_HD F apply(F v, const Operands<F>&) {
    return round_half_even(saturate_u8(v));
  }
};
struct TruncateU8 : Rounding {
  static constexpr Slope kSlope = Slope::none;
  static constexpr const char* kNoSlope = "rounding to integers has no gradient";
  template <class F>
  static SEEDAUG_HD F apply(F v, const Operands<F>&) {
    return truncate(saturate_u8(v));
  }
};
struct RoundF16 : Rounding {
  template <class F>
  static SEEDAUG_HD F apply(F v, const Operands<F>&) {
    return round_f16(v);
  }
};
struct RoundBF16 : Rounding {
  template <class F>
  static SEEDAUG_HD F apply(F v, const Operands<F>&) {
    return round_bf16(v);
  }
};
struct Canonical : Rounding {
  template <class F>
  static SEEDAUG_HD F apply(F v, const Operands<F>&) {
    return canonical(v);
  }
};

}  // namespace seedaug
