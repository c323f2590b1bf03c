#include "cpu/fill.h"

#include <algorithm>

#include "cpu/float_mode.h"
#include "cpu/kernels.h"
#include "program/params.h"

namespace seedaug {
namespace {

constexpr int64_t kPiece =
    1024;  // values that stay in the first-level cache between drawing and rounding

void draw(const Kernels& table, Filling what, const Stream& from, int64_t first, int64_t count,
          void* to) {
  const auto element = static_cast<uint64_t>(first);
  if (what == Filling::words)
    return table.element_words(from, element, count, static_cast<uint32_t*>(to));
  if (what == Filling::uniform)
    return table.uniforms(from, element, count, static_cast<float*>(to));
  table.normals(from, element, count, static_cast<float*>(to));
}

void draw_rounded(const Kernels& table, const FillBatch& b, const Stream& from, int64_t first,
                  int64_t count, char* to) {
  const bool is_half = b.type == DType::f16;
  ValueOp round{};
  round.code = is_half ? OpCode::round_f16 : OpCode::round_bf16;
  const RowsFunction write = table.rows[static_cast<int>(DType::f32)][0][static_cast<int>(b.type)];
  float values[kPiece];
  for (int64_t done = 0; done < count; done += kPiece) {
    const int64_t piece = std::min(kPiece, count - done);
    draw(table, b.what, from, first + done, piece, values);
    write({values, to + done * element_size(b.type), piece, 1, 0, 0, &round, 1, nullptr, 0, 0});
  }
}

}  // namespace

void fill(const FillBatch& b, int64_t begin, int64_t end) {
  const FloatMode mode;
  const Kernels& table = kernels();
  const int size = element_size(b.type);
  while (begin < end) {
    const int64_t sample = begin / b.elements, first = begin % b.elements;
    const int64_t count = std::min(b.elements - first, end - begin);
    const Stream from = stream(packed_key(b.keys + sample * b.key_stride), b.kind, b.occurrence);
    char* to = b.result + begin * size;
    if (size == 4) {
      draw(table, b.what, from, first, count, to);
    } else {
      draw_rounded(table, b, from, first, count, to);
    }
    begin += count;
  }
}

void params(const ParamsBatch& batch) {
  for (int64_t n = 0; n < batch.samples; ++n) write_params(batch, n);
}

}  // namespace seedaug
