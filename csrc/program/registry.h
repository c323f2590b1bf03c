// What is made from transforms/registry.def: enumerations, dispatch, and what is known of each
// transform. No switch over them has a default: what is forgotten does not compile.
#pragma once

#define SEEDAUG_HEADERS
#include "transforms/registry.def"
#undef SEEDAUG_HEADERS

#include <type_traits>

namespace seedaug {

enum class Kind : uint8_t {
#define SEEDAUG_TRANSFORM(T, name, number) name = number,
#include "transforms/registry.def"
};

template <class T>
constexpr Kind kKind{};
#define SEEDAUG_TRANSFORM(T, name, number) \
  template <>                              \
  inline constexpr Kind kKind<T> = Kind::name;
#include "transforms/registry.def"

enum class OpClass : uint8_t { index_map, value_op };

// --- Index maps ---

union MapArgs {
#define SEEDAUG_INDEX_MAP(T, name, number) T::Args name;
#include "transforms/registry.def"
};

template <class T>
constexpr bool kIsMap = false;
#define SEEDAUG_INDEX_MAP(T, name, number) \
  template <>                              \
  inline constexpr bool kIsMap<T> = true;
#include "transforms/registry.def"

// Calls f(T{}, arguments of T) for the index map of this kind.
template <class Args, class F>
SEEDAUG_HD auto with_map(Kind kind, Args& args, const F& f) {
  switch (kind) {
#define SEEDAUG_INDEX_MAP(T, name, number) \
  case Kind::name:                         \
    return f(T{}, args.name);
#include "transforms/registry.def"
#define SEEDAUG_VALUE_OP(T, name, number) case Kind::name:
#include "transforms/registry.def"
    break;
  }
  SEEDAUG_UNREACHABLE();
}

// --- Value ops ---

enum class OpCode : uint8_t {
#define SEEDAUG_VALUE_OP(T, name, number) name,
#include "transforms/registry.def"
#define SEEDAUG_ROUNDING(T, name) name,
  SEEDAUG_FOR_EACH_ROUNDING(SEEDAUG_ROUNDING)
#undef SEEDAUG_ROUNDING
};

template <class T>
constexpr OpCode kOpCode{};
#define SEEDAUG_VALUE_OP(T, name, number) \
  template <>                             \
  inline constexpr OpCode kOpCode<T> = OpCode::name;
#include "transforms/registry.def"
#define SEEDAUG_ROUNDING(T, name) \
  template <>                     \
  inline constexpr OpCode kOpCode<T> = OpCode::name;
SEEDAUG_FOR_EACH_ROUNDING(SEEDAUG_ROUNDING)
#undef SEEDAUG_ROUNDING

// Calls f(T{}) for the op of this code.
template <class F>
SEEDAUG_HD auto with_op(OpCode code, const F& f) {
  switch (code) {
#define SEEDAUG_VALUE_OP(T, name, number) \
  case OpCode::name:                      \
    return f(T{});
#include "transforms/registry.def"
#define SEEDAUG_ROUNDING(T, name) \
  case OpCode::name:              \
    return f(T{});
    SEEDAUG_FOR_EACH_ROUNDING(SEEDAUG_ROUNDING)
#undef SEEDAUG_ROUNDING
  }
  SEEDAUG_UNREACHABLE();
}

template <class... Ops>
struct OpList {
  static constexpr int kCount = sizeof...(Ops);
};
#define SEEDAUG_CHAIN(...) using ChainOps = OpList<__VA_ARGS__>;
#include "transforms/registry.def"

SEEDAUG_HD bool takes_normals(OpCode code) {
  return with_op(code, [](auto what) { return decltype(what)::kNormals; });
}

// --- All of them; host only ---

struct TransformName {
  Kind kind;
  OpClass op_class;
  const char* kind_name;   // of the stream
  const char* class_name;  // of the transform, as users know it
};

// Calls f(T{}, its names) for each.
template <class F>
void for_each_transform(const F& f) {
#define SEEDAUG_INDEX_MAP(T, name, number) \
  f(T{}, TransformName{Kind::name, OpClass::index_map, #name, #T});
#include "transforms/registry.def"
#define SEEDAUG_VALUE_OP(T, name, number) \
  f(T{}, TransformName{Kind::name, OpClass::value_op, #name, #T});
#include "transforms/registry.def"
}

// What users call it.
inline const char* name_of(Kind kind) {
  const char* name = nullptr;
  for_each_transform([&](auto, const TransformName& one) {
    if (one.kind == kind) name = one.class_name;
  });
  return name;
}

}  // namespace seedaug
