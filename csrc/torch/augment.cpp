// The fused op: checks, shapes, memory; then one run over the batch on the device where it lies.
#include "torch/augment.h"

#include <utility>

#include "cpu/augment.h"
#include "program/lower.h"
#include "torch/device.h"

#if defined(SEEDAUG_WITH_CUDA)
#include "cuda/launch.h"
#endif

namespace seedaug::torch_ops {
namespace {

using Numbers = std::vector<int64_t>;
using Values = std::vector<double>;

// Everything about one call but where its result goes.
struct Call {
  Program lowered;  // unless somebody else keeps it
  Batch batch{};
  std::vector<Source> sources;
  ImageSize result{};
  bool on_cuda = false;
  int32_t device = -1;
};

void lower_or_throw(const Numbers& code, const Values& values, DType input, DType output,
                    int64_t channels, Program& program) {
  const std::string error = lower(encode(code, values), input, output, channels, program);
  STD_TORCH_CHECK(error.empty(), error);
}

ImageSize size_or_throw(const Program& program, ImageSize image) {
  ImageSize result{};
  const std::string error = output_size(program, image, result);
  STD_TORCH_CHECK(error.empty(), error);
  return result;
}

Source source_of(const Tensor& t, const View& v) {
  return {static_cast<const char*>(t.data_ptr()),
          static_cast<int32_t>(v.height),
          static_cast<int32_t>(v.width),
          v.frame,
          v.channel,
          v.row,
          v.column};
}

void begin_call(Call& call, const Tensor& first) {
  call.on_cuda = first.is_cuda();
  if (call.on_cuda) require_cuda_build();
  call.device = call.on_cuda ? first.get_device_index() : -1;
}

void finish_call(Call& call, const View& v, DType element) {
  Batch& b = call.batch;
  b.element = element;
  b.frames = v.frames;
  b.channels = v.channels;
  b.sources = call.sources.data();
  const int64_t elements = v.frames * v.channels * call.result.height * call.result.width;
  STD_TORCH_CHECK(call.batch.program->normal_ops == 0 || elements <= kMaxElements,
                  "noise: one sample has at most ", kMaxElements, " elements, got ", elements);
}

// One tensor, with the keys already checked; find(element type, channels) gives
// the lowered program.
template <class FindProgram>
View prepare_with(Call& call, Tensor& input, bool per_sample, int64_t key_count,
                  const FindProgram& find) {
  begin_call(call, input);
  const DType element = element_type(input.scalar_type());
  const View v = view_of(input, per_sample, "input");
  STD_TORCH_CHECK(!per_sample || v.samples == key_count,
                  "keys must be one for each sample: input is ", shape_text(input), ", keys are [",
                  key_count, ", 3]");
  call.batch.program = &find(element, v.channels);
  call.result = size_or_throw(*call.batch.program, {v.height, v.width});
  call.sources.push_back(source_of(input, v));
  call.batch.samples = v.samples;
  call.batch.source_stride = v.sample * element_size(element);
  finish_call(call, v, element);
  return v;
}

View prepare(Call& call, Tensor& input, const Keys& keys, const Numbers& program,
             const Values& values, ScalarType dtype) {
  const auto find = [&](DType element, int64_t channels) -> const Program& {
    lower_or_throw(program, values, element, element_type(dtype), channels, call.lowered);
    return call.lowered;
  };
  return prepare_with(call, input, keys.per_sample, keys.count, find);
}

// Differently sized images [C, H, W], one for each key.
View prepare_list(Call& call, std::vector<Tensor>& inputs, const Keys& keys, const Numbers& program,
                  const Values& values, ScalarType dtype) {
  STD_TORCH_CHECK(!inputs.empty(), "inputs must hold at least one image");
  STD_TORCH_CHECK(keys.per_sample && keys.count == static_cast<int64_t>(inputs.size()),
                  "keys must be one for each image: there are ", inputs.size(),
                  " images, keys are [", keys.count, ", 3]");
  begin_call(call, inputs[0]);
  const ScalarType type = inputs[0].scalar_type();
  View first{};
  call.sources.reserve(inputs.size());
  for (size_t n = 0; n < inputs.size(); ++n) {
    Tensor& image = inputs[n];
    STD_TORCH_CHECK(image.scalar_type() == type && image.is_cuda() == call.on_cuda &&
                        (!call.on_cuda || image.get_device_index() == call.device),
                    "inputs[", n, "] must have the dtype and device of inputs[0]");
    const View v = view_of(image, false, "inputs");
    if (n == 0) {
      first = v;
      lower_or_throw(program, values, element_type(type), element_type(dtype), v.channels,
                     call.lowered);
      call.batch.program = &call.lowered;
    }
    STD_TORCH_CHECK(
        image.dim() == inputs[0].dim() && v.channels == first.channels && v.frames == first.frames,
        "inputs[", n, "] must be like inputs[0] but for height and width: ", shape_text(image),
        " and ", shape_text(inputs[0]));
    const ImageSize size = size_or_throw(call.lowered, {v.height, v.width});
    if (n == 0) call.result = size;
    STD_TORCH_CHECK(size.height == call.result.height && size.width == call.result.width, "inputs[",
                    n, "] comes out as ", size.height, "x", size.width, " and inputs[0] as ",
                    call.result.height, "x", call.result.width, "; end the geometry with a crop");
    call.sources.push_back(source_of(image, v));
  }
  call.batch.samples = static_cast<int64_t>(inputs.size());
  call.batch.sources_differ = true;
  finish_call(call, first, element_type(type));
  return first;
}

void run(Call& call, const Keys& keys, const View& out, void* result) {
  Batch& b = call.batch;
  b.keys = keys.data;
  b.key_stride = keys.stride();
  b.target = {static_cast<char*>(result),
              static_cast<int32_t>(out.height),
              static_cast<int32_t>(out.width),
              out.sample,
              out.frame,
              out.channel,
              out.row,
              out.column};
  if (b.samples * b.frames * b.channels == 0) return;
#if defined(SEEDAUG_WITH_CUDA)
  if (call.on_cuda) {
    const torch::stable::accelerator::DeviceGuard guard(call.device);
    const char* error = cuda::launch_augment(b, current_stream(call.device));
    STD_TORCH_CHECK(error == nullptr, "CUDA: ", error);
    return;
  }
#endif
  run_units(unit_count(b), unit_size(b),
            [&b](int64_t begin, int64_t end) { seedaug::augment(b, begin, end); });
}

bool wants_channels_last(int64_t layout, const View& input) {
  STD_TORCH_CHECK(layout >= 0 && layout <= 2,
                  "layout must be 0 (as the input), 1 (contiguous) or 2 (channels_last), got ",
                  layout);
  return layout == 2 || (layout == 0 && is_channels_last(input));
}

// `sizes` are the input's: all but the last two are asked of `out` too.
void check_out(const Call& call, std::vector<int64_t> sizes, const Tensor& out) {
  STD_TORCH_CHECK(
      out.is_cuda() == call.on_cuda && (!call.on_cuda || out.get_device_index() == call.device),
      "out must be on the device of the input");
  sizes[sizes.size() - 2] = call.result.height;
  sizes[sizes.size() - 1] = call.result.width;
  const auto got = out.sizes();
  STD_TORCH_CHECK(sizes == std::vector<int64_t>(got.begin(), got.end()), "out must be ",
                  shape_text(sizes), ", got ", shape_text(out));
  check_writable(out);
}

View writable_view(Tensor& out, bool per_sample) {
  const void* before = out.data_ptr();
  const View v = view_of(out, per_sample, "out");
  STD_TORCH_CHECK(out.data_ptr() == before,
                  "the leading dimensions of out must lie one after another in memory");
  return v;
}

// [N, as inputs[0] ...]
std::vector<int64_t> batch_sizes(const std::vector<Tensor>& inputs) {
  const auto image = inputs[0].sizes();
  std::vector<int64_t> sizes{static_cast<int64_t>(inputs.size())};
  sizes.insert(sizes.end(), image.begin(), image.end());
  return sizes;
}

Tensor finish(Call& call, const Tensor& input, const Keys& keys, const View& v, ScalarType dtype,
              int64_t layout) {
  const auto sizes = input.sizes();
  Tensor result = empty_images({sizes.begin(), sizes.end()}, call.result.height, call.result.width,
                               dtype, wants_channels_last(layout, v), input);
  run(call, keys, view_of(result, keys.per_sample, "result"), result.data_ptr());
  return result;
}

}  // namespace

Tensor augment(Tensor input, Tensor keys, Numbers program, Values values, ScalarType dtype,
               int64_t layout) {
  const bool on_cuda = input.is_cuda();
  const Keys checked = check_keys(keys, on_cuda, on_cuda ? input.get_device_index() : -1);
  Call call;
  const View v = prepare(call, input, checked, program, values, dtype);
  return finish(call, input, checked, v, dtype, layout);
}

namespace {

Keys one_key(const Tensor& input, const std::array<int64_t, 3>& words) {
  STD_TORCH_CHECK(is_packed_key(packed_key(words.data())),
                  "the key is not a packed key (its block, kind and occurrence fields must be 0)");
  STD_TORCH_CHECK(
      !input.is_cuda(),
      "one key as integers goes with CPU tensors; give a key tensor to augment instead");
  return {input, words.data(), 1, false};
}

}  // namespace

Tensor augment_one_key(Tensor input, const std::array<int64_t, 3>& words, const ProgramFinder& find,
                       ScalarType dtype, int64_t layout) {
  const Keys keys = one_key(input, words);
  Call call;
  const View v = prepare_with(call, input, false, 1, find);
  return finish(call, input, keys, v, dtype, layout);
}

void augment_one_key_out(Tensor input, const std::array<int64_t, 3>& words,
                         const ProgramFinder& find, Tensor out, int64_t row) {
  const Keys keys = one_key(input, words);
  Call call;
  prepare_with(call, input, false, 1, find);
  STD_TORCH_CHECK(out.dim() > 0 && row >= 0 && row < out.size(0), "row ", row,
                  " is not in out, which is ", shape_text(out));
  const auto shape = input.sizes();
  std::vector<int64_t> sizes{out.size(0)};
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  check_out(call, sizes, out);
  check_apart(out, input);
  const View v = writable_view(out, true);
  const auto size = static_cast<int64_t>(out.element_size());
  run(call, keys, v, static_cast<char*>(out.data_ptr()) + row * v.sample * size);
}

Tensor augment_key(Tensor input, int64_t seed, int64_t low, int64_t high, Numbers program,
                   Values values, ScalarType dtype, int64_t layout) {
  Program lowered;
  const auto find = [&](DType element, int64_t channels) -> const Program& {
    lower_or_throw(program, values, element, element_type(dtype), channels, lowered);
    return lowered;
  };
  return augment_one_key(std::move(input), {seed, low, high}, find, dtype, layout);
}

void augment_out(Tensor input, Tensor keys, Numbers program, Values values, Tensor out) {
  const bool on_cuda = input.is_cuda();
  const Keys checked = check_keys(keys, on_cuda, on_cuda ? input.get_device_index() : -1);
  Call call;
  prepare(call, input, checked, program, values, out.scalar_type());
  const auto sizes = input.sizes();
  check_out(call, {sizes.begin(), sizes.end()}, out);
  check_apart(out, input);
  run(call, checked, writable_view(out, checked.per_sample), out.data_ptr());
}

void augment_rows_out(Tensor input, Tensor rows, Tensor keys, Numbers program, Values values,
                      Tensor out) {
  STD_TORCH_CHECK(!input.is_cuda(), "rows of an input are taken on the CPU only");
  const Keys checked = check_keys(keys, false, -1);
  STD_TORCH_CHECK(checked.per_sample, "keys must be [N, 3], got ", shape_text(keys));
  STD_TORCH_CHECK(rows.scalar_type() == ScalarType::Long && rows.dim() == 1 && rows.is_cpu() &&
                      rows.size(0) == checked.count,
                  "rows must be int64 [N], one for each key, on the CPU, got ", shape_text(rows));
  rows = torch::stable::contiguous(rows);
  Call call;
  const auto find = [&](DType element, int64_t channels) -> const Program& {
    lower_or_throw(program, values, element, element_type(out.scalar_type()), channels,
                   call.lowered);
    return call.lowered;
  };
  const View v = prepare_with(call, input, true, input.dim() > 0 ? input.size(0) : 0, find);
  call.batch.samples = checked.count;
  call.batch.rows = static_cast<const int64_t*>(rows.data_ptr());
  for (int64_t n = 0; n < checked.count; ++n) {
    STD_TORCH_CHECK(call.batch.rows[n] >= 0 && call.batch.rows[n] < v.samples, "rows[", n, "] is ",
                    call.batch.rows[n], ", the input has ", v.samples, " rows");
  }
  const auto shape = input.sizes();
  std::vector<int64_t> sizes(shape.begin(), shape.end());
  sizes[0] = checked.count;
  check_out(call, sizes, out);
  check_apart(out, input);
  run(call, checked, writable_view(out, true), out.data_ptr());
}

Tensor augment_list(std::vector<Tensor> inputs, Tensor keys, Numbers program, Values values,
                    ScalarType dtype, int64_t layout) {
  STD_TORCH_CHECK(!inputs.empty(), "inputs must hold at least one image");
  const bool on_cuda = inputs[0].is_cuda();
  const Keys checked = check_keys(keys, on_cuda, on_cuda ? inputs[0].get_device_index() : -1);
  Call call;
  const View v = prepare_list(call, inputs, checked, program, values, dtype);
  Tensor result = empty_images(batch_sizes(inputs), call.result.height, call.result.width, dtype,
                               wants_channels_last(layout, v), inputs[0]);
  run(call, checked, view_of(result, true, "result"), result.data_ptr());
  return result;
}

void augment_list_out(std::vector<Tensor> inputs, Tensor keys, Numbers program, Values values,
                      Tensor out) {
  STD_TORCH_CHECK(!inputs.empty(), "inputs must hold at least one image");
  const bool on_cuda = inputs[0].is_cuda();
  const Keys checked = check_keys(keys, on_cuda, on_cuda ? inputs[0].get_device_index() : -1);
  Call call;
  prepare_list(call, inputs, checked, program, values, out.scalar_type());
  check_out(call, batch_sizes(inputs), out);
  for (const Tensor& input : inputs) check_apart(out, input);
  run(call, checked, writable_view(out, true), out.data_ptr());
}

}  // namespace seedaug::torch_ops
