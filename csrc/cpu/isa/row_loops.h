// Stretches of rows: load, a chain of value ops on float32 in registers, store.
//
// The chain is interpreted once per kVectors vectors, so that its dispatch costs next to nothing
// and every program runs through the same few loops.
#pragma once

#include "core/dtype.h"
#include "cpu/isa/vec.h"
#include "cpu/kernels.h"

namespace seedaug::SEEDAUG_ISA_NAME {

constexpr int kVectors = SEEDAUG_ISA_CODE == 0 ? 1 : 4;  // plain C++ has no registers to fill
constexpr int kWidth = F::kWidth;

template <DType>
struct Element;
template <>
struct Element<DType::u8> {
  using Type = uint8_t;
  static SEEDAUG_VEC F get(const Type* p) { return load_u8(p); }
  static SEEDAUG_VEC void put(Type* p, F v) { store_u8(p, v); }
};
template <>
struct Element<DType::f16> {
  using Type = uint16_t;
  static SEEDAUG_VEC F get(const Type* p) { return load_f16(p); }
  static SEEDAUG_VEC void put(Type* p, F v) { store_f16(p, v); }
};
template <>
struct Element<DType::bf16> {
  using Type = uint16_t;
  static SEEDAUG_VEC F get(const Type* p) { return load_bf16(p); }
  static SEEDAUG_VEC void put(Type* p, F v) { store_bf16(p, v); }
};
template <>
struct Element<DType::f32> {
  using Type = float;
  static SEEDAUG_VEC F get(const Type* p) { return load(p); }
  static SEEDAUG_VEC void put(Type* p, F v) { store(p, v); }
};

// Elements i ... i + kWidth - 1 of the walk.
template <DType T, Walk W>
SEEDAUG_VEC F fetch(const void* source, int64_t i) {
  using E = Element<T>;
  const auto* from = static_cast<const typename E::Type*>(source);
  if constexpr (W == Walk::forward) return E::get(from + i);
  if constexpr (W == Walk::backward) return reversed(E::get(from - i - (kWidth - 1)));
  return broadcast(*static_cast<const float*>(source));
}

// The same where fewer than kWidth elements may be read; the other lanes hold zeros.
template <DType T, Walk W>
SEEDAUG_VEC F fetch_some(const void* source, int64_t count) {
  if constexpr (W == Walk::constant) return fetch<T, W>(source, 0);
  using E = Element<T>;
  const auto* from = static_cast<const typename E::Type*>(source);
  typename E::Type some[kWidth] = {};
  for (int64_t i = 0; i < count; ++i) some[i] = from[W == Walk::forward ? i : -i];
  return E::get(some);
}

template <int N>
SEEDAUG_VEC void step(F (&v)[N], const ValueOp& op, const Rows& row, int64_t i) {
  const F a = broadcast(op.a), b = broadcast(op.b);
  with_op(op.code, [&](auto what) __attribute__((always_inline)) {
    using T = decltype(what);
    const float* normals = nullptr;
    if constexpr (T::kNormals) normals = row.normals + op.normals * row.normals_plane + i;
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) {
      if constexpr (T::kNormals) {
        v[n] = T::apply(v[n], Operands<F>{a, b, load(normals + n * kWidth)});
      } else {
        v[n] = T::apply(v[n], Operands<F>{a, b, a});
      }
    }
  });
}

template <int N>
SEEDAUG_VEC void steps(F (&v)[N], const Rows& row, int64_t i) {
  for (int k = 0; k < row.op_count; ++k) step(v, row.ops[k], row, i);
}

// What happens to the values between load and store.
struct AnyChain {  // interpreted
  const Rows& row;
  template <int N>
  SEEDAUG_VEC void operator()(F (&v)[N], int64_t i) const {
    steps(v, row, i);
  }
};

template <class... Ops>
struct FusedChain {  // compiled in one piece
  F a[sizeof...(Ops)], b[sizeof...(Ops)];

  static SEEDAUG_VEC bool is(const Rows& row) {
    int k = 0;
    return row.op_count == sizeof...(Ops) && ((row.ops[k++].code == kOpCode<Ops>) && ...);
  }
  static SEEDAUG_VEC FusedChain of(const Rows& row) {
    FusedChain chain;
    for (size_t k = 0; k < sizeof...(Ops); ++k) {
      chain.a[k] = broadcast(row.ops[k].a);
      chain.b[k] = broadcast(row.ops[k].b);
    }
    return chain;
  }
  template <int N>
  SEEDAUG_VEC void operator()(F (&v)[N], int64_t) const {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) {
      int k = 0;
      ((v[n] = Ops::apply(v[n], Operands<F>{a[k], b[k], a[k]}), ++k), ...);
    }
  }
};

// N vectors from element i on.
template <int N, DType In, Walk W, DType Out, class Chain>
SEEDAUG_VEC void vectors(const Rows& row, const Chain& chain, int64_t i) {
  F v[N];
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n) v[n] = fetch<In, W>(row.source, i + n * kWidth);
  chain(v, i);
  auto* to = static_cast<typename Element<Out>::Type*>(row.target) + i;
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n) Element<Out>::put(to + n * kWidth, v[n]);
}

template <DType In, Walk W, DType Out, class Chain>
SEEDAUG_VEC void walk_row(const Rows& row, const Chain& chain) {
  int64_t i = 0;
  if constexpr (kVectors > 1) {
    for (; i + kVectors * kWidth <= row.count; i += kVectors * kWidth) {
      vectors<kVectors, In, W, Out>(row, chain, i);
    }
    if (i + 2 * kWidth <= row.count) {
      vectors<2, In, W, Out>(row, chain, i);
      i += 2 * kWidth;
    }
  }
  for (; i + kWidth <= row.count; i += kWidth) vectors<1, In, W, Out>(row, chain, i);
  if (i == row.count) return;
  if (i > 0) {  // the last vector again, ending with the row: the same values where it overlaps
    vectors<1, In, W, Out>(row, chain, row.count - kWidth);
    return;
  }
  F v[1] = {fetch_some<In, W>(row.source, row.count)};
  chain(v, 0);
  typename Element<Out>::Type some[kWidth];
  Element<Out>::put(some, v[0]);
  auto* to = static_cast<typename Element<Out>::Type*>(row.target);
  for (int64_t k = 0; k < row.count; ++k) to[k] = some[k];
}

template <DType In, Walk W, DType Out, class Chain>
SEEDAUG_VEC void walk_rows_through(Rows& row, const Chain& chain) {
  for (int64_t r = 0; r < row.rows; ++r) {
    walk_row<In, W, Out>(row, chain);
    row.source = static_cast<const char*>(row.source) + row.source_pitch;
    row.target = static_cast<char*>(row.target) + row.target_pitch;
    row.normals += row.normals_pitch;
  }
}

template <DType In, Walk W, DType Out>
void walk_rows(const Rows& rows) {
  Rows row = rows;
  if constexpr (In == DType::u8 && W != Walk::constant && Out != DType::u8) {
#define SEEDAUG_FUSED(...)                                                       \
  if (FusedChain<__VA_ARGS__>::is(row)) {                                        \
    return walk_rows_through<In, W, Out>(row, FusedChain<__VA_ARGS__>::of(row)); \
  }
#include "transforms/registry.def"
  }
  walk_rows_through<In, W, Out>(row, AnyChain{row});
}

}  // namespace seedaug::SEEDAUG_ISA_NAME
