// The table of loops for one instruction set; this file is compiled once
// for each (SEEDAUG_ISA_NAME).
#include "cpu/kernels.h"

#include "cpu/isa/move_loops.h"
#include "cpu/isa/row_loops.h"
#include "cpu/isa/stream_loops.h"

namespace seedaug {
namespace SEEDAUG_ISA_NAME {

template <DType In, Walk W>
constexpr void fill_outputs(RowsFunction (&to)[4]) {
  to[0] = walk_rows<In, W, DType::u8>;
  to[1] = walk_rows<In, W, DType::f16>;
  to[2] = walk_rows<In, W, DType::bf16>;
  to[3] = walk_rows<In, W, DType::f32>;
}

template <DType In>
constexpr void fill_input(Kernels& table) {
  auto& walks = table.rows[static_cast<int>(In)];
  fill_outputs<In, Walk::forward>(walks[0]);
  fill_outputs<In, Walk::backward>(walks[1]);
  fill_outputs<DType::f32, Walk::constant>(walks[2]);
}

constexpr Kernels make_table() {
  Kernels table{SEEDAUG_STRING(SEEDAUG_ISA_NAME),
                fill_from_block<AsWords>,
                fill_elements<AsWords>,
                fill_elements<AsUniforms>,
                fill_elements<AsNormals>,
                box_muller_pairs,
                {},
                reverse,
                deinterleave,
                interleave};
  fill_input<DType::u8>(table);
  fill_input<DType::f16>(table);
  fill_input<DType::bf16>(table);
  fill_input<DType::f32>(table);
  return table;
}

extern const Kernels kTable = make_table();

}  // namespace SEEDAUG_ISA_NAME
}  // namespace seedaug
