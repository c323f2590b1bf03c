// Every schema of torch.ops.seedaug, and which function runs it.
//
//   input     [..., H, W], [..., C, H, W]; with keys [N, 3] the first dimension is the sample
//   keys      int64 [3] (one draw for all of input) or [N, 3] (a draw for each sample)
//   program   instructions [kind, occurrence, count, arguments ...]
//   values    the floats that they point to
//   dtype     what the program ends in
//   layout    0 as the input, 1 contiguous, 2 channels_last
#include "cpu/kernels.h"
#include "torch/augment.h"
#include "torch/intern.h"

namespace seedaug::torch_ops {

STABLE_TORCH_LIBRARY(seedaug, m) {
  m.def(
      "augment(Tensor input, Tensor keys, int[] program, float[] values, ScalarType dtype, int "
      "layout) -> Tensor");
  // The same without a gradient: what eager code calls where nothing requires one.
  m.def(
      "augment_nograd(Tensor input, Tensor keys, int[] program, float[] values, ScalarType dtype, "
      "int layout) -> "
      "Tensor");
  // A number for a program, for augment_interned in this process; -1 when too many are kept.
  m.def("intern(int[] program, float[] values, ScalarType dtype, int layout) -> int");
  m.def(
      "augment_interned(Tensor input, SymInt seed, SymInt low, SymInt high, int handle) -> Tensor");
  // The same into row `row` of `out`.
  m.def(
      "augment_interned_out(Tensor input, SymInt seed, SymInt low, SymInt high, int handle, "
      "Tensor(a!) out, int row) -> ()");
  // One key, as its three packed words.
  m.def(
      "augment_key(Tensor input, SymInt seed, SymInt low, SymInt high, int[] program, float[] "
      "values, "
      "ScalarType dtype, int layout) -> Tensor");
  m.def(
      "augment_out(Tensor input, Tensor keys, int[] program, float[] values, Tensor(a!) out) -> "
      "()");
  // Sample n is row rows[n] of the input: a shuffled batch of a dataset in memory. CPU only.
  m.def(
      "augment_rows_out(Tensor input, Tensor rows, Tensor keys, int[] program, float[] values, "
      "Tensor(a!) out) -> ()");
  m.def(
      "augment_list(Tensor[] inputs, Tensor keys, int[] program, float[] values, ScalarType dtype, "
      "int layout) -> "
      "Tensor");
  m.def(
      "augment_list_out(Tensor[] inputs, Tensor keys, int[] program, float[] values, Tensor(a!) "
      "out) -> ()");
  m.def(
      "augment_backward(Tensor gradient, Tensor keys, int[] program, float[] values, SymInt[] "
      "input_size, "
      "ScalarType dtype) -> Tensor");
  m.def(
      "params(Tensor keys, int[] program, float[] values, SymInt height, SymInt width) -> Tensor");
  m.def("fill(Tensor keys, int kind, int occurrence, SymInt[] shape, ScalarType dtype) -> Tensor");
  // For tests: pairs of int32 words to pairs of float32 normals.
  m.def("box_muller(Tensor words) -> Tensor");
  // For tests: forces the loops of one instruction set; false where it is not available.
  m.def("use_isa(str name) -> bool");
}

bool use_isa(std::string name) { return seedaug::use_isa(name.c_str()); }

STABLE_TORCH_LIBRARY_IMPL(seedaug, CompositeExplicitAutograd, m) {
  m.impl("use_isa", TORCH_BOX(&use_isa));
  m.impl("intern", TORCH_BOX(&intern));
}

// The functions look at the device themselves.
#define SEEDAUG_REGISTER(m)                                         \
  m.impl("augment", TORCH_BOX(&augment));                           \
  m.impl("augment_nograd", TORCH_BOX(&augment));                    \
  m.impl("augment_key", TORCH_BOX(&augment_key));                   \
  m.impl("augment_interned", TORCH_BOX(&augment_interned));         \
  m.impl("augment_interned_out", TORCH_BOX(&augment_interned_out)); \
  m.impl("augment_out", TORCH_BOX(&augment_out));                   \
  m.impl("augment_rows_out", TORCH_BOX(&augment_rows_out));         \
  m.impl("augment_list", TORCH_BOX(&augment_list));                 \
  m.impl("augment_list_out", TORCH_BOX(&augment_list_out));         \
  m.impl("augment_backward", TORCH_BOX(&augment_backward));         \
  m.impl("params", TORCH_BOX(&params));                             \
  m.impl("fill", TORCH_BOX(&fill));                                 \
  m.impl("box_muller", TORCH_BOX(&box_muller))

STABLE_TORCH_LIBRARY_IMPL(seedaug, CPU, m) { SEEDAUG_REGISTER(m); }
STABLE_TORCH_LIBRARY_IMPL(seedaug, CUDA, m) { SEEDAUG_REGISTER(m); }

}  // namespace seedaug::torch_ops
