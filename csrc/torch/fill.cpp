// Raw fills, the parameters of a program, and gradients.
#include "cpu/fill.h"

#include <cstring>
#include <utility>

#include "cpu/backward.h"
#include "cpu/float_mode.h"
#include "cpu/kernels.h"
#include "program/batch.h"
#include "program/lower.h"
#include "torch/augment.h"
#include "torch/device.h"

#if defined(SEEDAUG_WITH_CUDA)
#include "cuda/launch.h"
#endif

namespace seedaug::torch_ops {
namespace {

struct Place {
  bool on_cuda;
  int32_t device;
};

Place place_of(const Tensor& t) {
  const bool on_cuda = t.is_cuda();
  if (on_cuda) require_cuda_build();
  return {on_cuda, on_cuda ? t.get_device_index() : -1};
}

// Calls a CUDA launcher on the tensors' device and stream.
template <class Launch>
void launch([[maybe_unused]] Place place, [[maybe_unused]] const Launch& f) {
#if defined(SEEDAUG_WITH_CUDA)
  const torch::stable::accelerator::DeviceGuard guard(place.device);
  const char* error = f(current_stream(place.device));
  STD_TORCH_CHECK(error == nullptr, "CUDA: ", error);
#endif
}

Filling fill_kind(int64_t kind) {
  if (kind == kind::uniform) return Filling::uniform;
  if (kind == kind::normal) return Filling::normal;
  STD_TORCH_CHECK(kind == kind::words || (kind >= kUserKindFirst && kind <= kUserKindLast),
                  "kind must be words, uniform, normal or a user's own (", kUserKindFirst, " ... ",
                  kUserKindLast, "), got ", kind);
  return Filling::words;
}

DType fill_type(Filling what, ScalarType dtype) {
  if (what == Filling::words) {
    STD_TORCH_CHECK(dtype == ScalarType::Int || dtype == ScalarType::UInt32,
                    "words are int32 or uint32, got ", torch::headeronly::toString(dtype));
    return DType::u32;
  }
  const DType type = element_type(dtype);
  STD_TORCH_CHECK(type == DType::f32 || type == DType::f16 || type == DType::bf16,
                  "unsupported dtype ", torch::headeronly::toString(dtype),
                  "; uniforms and normals are float32, ", "float16 or bfloat16");
  return type;
}

int64_t product(const std::vector<int64_t>& shape) {
  int64_t elements = 1;
  for (const int64_t size : shape) {
    STD_TORCH_CHECK(size >= 0, "shape must not be negative, got ", shape_text(shape));
    STD_TORCH_CHECK(size == 0 || elements <= kMaxElements / size, "one stream has at most ",
                    kMaxElements, " elements, got ", shape_text(shape));
    elements *= size;
  }
  return elements;
}

}  // namespace

Tensor fill(Tensor keys, int64_t kind, int64_t occurrence, std::vector<int64_t> shape,
            ScalarType dtype) {
  const Place place = place_of(keys);
  const Keys checked = check_keys(keys, place.on_cuda, place.device);
  STD_TORCH_CHECK(occurrence >= 0 && occurrence <= kMaxOccurrence,
                  "occurrence must be in [0, 31], got ", occurrence);
  FillBatch b{};
  b.what = fill_kind(kind);
  b.type = fill_type(b.what, dtype);
  b.elements = product(shape);
  b.kind = static_cast<uint32_t>(kind);
  b.occurrence = static_cast<uint32_t>(occurrence);
  b.keys = checked.data;
  b.samples = checked.count;
  b.key_stride = checked.stride();
  std::vector<int64_t> sizes = std::move(shape);
  if (checked.per_sample) sizes.insert(sizes.begin(), checked.count);
  Tensor result = empty(sizes, contiguous_strides(sizes), dtype, keys);
  b.result = static_cast<char*>(result.data_ptr());
  const int64_t elements = b.samples * b.elements;
  if (elements == 0) return result;
  if (place.on_cuda) {
#if defined(SEEDAUG_WITH_CUDA)
    launch(place, [&b](void* stream) { return cuda::launch_fill(b, stream); });
#endif
    return result;
  }
  run_units(elements, 1, [&b](int64_t begin, int64_t end) { seedaug::fill(b, begin, end); });
  return result;
}

Tensor box_muller(Tensor words) {
  const Place place = place_of(words);
  STD_TORCH_CHECK(
      words.scalar_type() == ScalarType::Int && words.is_contiguous() && words.numel() % 2 == 0,
      "words must be int32, contiguous and an even number");
  const auto sizes = words.sizes();
  const std::vector<int64_t> shape(sizes.begin(), sizes.end());
  Tensor result = empty(shape, contiguous_strides(shape), ScalarType::Float, words);
  const BoxMullerBatch b{static_cast<const uint32_t*>(words.data_ptr()), words.numel() / 2,
                         static_cast<float*>(result.data_ptr())};
  if (b.pairs == 0) return result;
  if (place.on_cuda) {
#if defined(SEEDAUG_WITH_CUDA)
    launch(place, [&b](void* stream) { return cuda::launch_box_muller(b, stream); });
#endif
    return result;
  }
  const FloatMode mode;
  kernels().box_muller(b.words, b.pairs, b.result);
  return result;
}

Tensor params(Tensor keys, std::vector<int64_t> program, std::vector<double> values, int64_t height,
              int64_t width) {
  const Place place = place_of(keys);
  const Keys checked = check_keys(keys, place.on_cuda, place.device);
  Program lowered;
  std::string error = lower_maps(encode(program, values), lowered);
  STD_TORCH_CHECK(error.empty(), error);
  ImageSize unused{};
  error = output_size(lowered, {height, width}, unused);
  STD_TORCH_CHECK(error.empty(), error);
  const std::vector<int64_t> sizes{checked.count, lowered.instructions, kDrawnFields};
  Tensor result = empty(sizes, contiguous_strides(sizes), ScalarType::Long, keys);
  torch::stable::zero_(result);
  const ParamsBatch b{&lowered,
                      checked.data,
                      checked.count,
                      checked.stride(),
                      static_cast<int32_t>(height),
                      static_cast<int32_t>(width),
                      static_cast<int64_t*>(result.data_ptr())};
  if (checked.count * lowered.instructions == 0) return result;
  if (place.on_cuda) {
#if defined(SEEDAUG_WITH_CUDA)
    launch(place, [&b](void* stream) { return cuda::launch_params(b, stream); });
#endif
    return result;
  }
  seedaug::params(b);
  return result;
}

Tensor augment_backward(Tensor gradient, Tensor keys, std::vector<int64_t> program,
                        std::vector<double> values, std::vector<int64_t> input_size,
                        ScalarType dtype) {
  const Place place = place_of(gradient);
  const Keys checked = check_keys(keys, place.on_cuda, place.device);
  gradient = torch::stable::contiguous(gradient);
  const View g = view_of(gradient, checked.per_sample, "gradient");
  STD_TORCH_CHECK(!checked.per_sample || g.samples == checked.count,
                  "keys must be one for each sample: gradient is ", shape_text(gradient),
                  ", keys are [", checked.count, ", 3]");
  STD_TORCH_CHECK(static_cast<int64_t>(input_size.size()) == gradient.dim(),
                  "input_size must have the dimensions of ", "the gradient ", shape_text(gradient),
                  ", got ", shape_text(input_size));
  const size_t n = input_size.size();
  for (size_t d = 0; d + 2 < n; ++d) {
    STD_TORCH_CHECK(input_size[d] == gradient.size(static_cast<int64_t>(d)),
                    "input_size must be the gradient's but for height and width, got ",
                    shape_text(input_size));
  }
  Program lowered;
  const std::string error = lower(encode(program, values), element_type(dtype),
                                  element_type(gradient.scalar_type()), g.channels, lowered);
  STD_TORCH_CHECK(error.empty(), error);
  const char* obstacle = not_differentiable(lowered);
  STD_TORCH_CHECK(obstacle == nullptr, obstacle);
  ImageSize out{};
  const std::string size_error = output_size(lowered, {input_size[n - 2], input_size[n - 1]}, out);
  STD_TORCH_CHECK(size_error.empty(), size_error);
  STD_TORCH_CHECK(out.height == g.height && out.width == g.width,
                  "the gradient must be that of the result, ", out.height, "x", out.width, ", got ",
                  shape_text(gradient));
  Tensor result = empty(input_size, contiguous_strides(input_size), dtype, gradient);
  const BackwardBatch b{&lowered,
                        g.samples,
                        g.frames,
                        g.channels,
                        static_cast<int32_t>(input_size[n - 2]),
                        static_cast<int32_t>(input_size[n - 1]),
                        static_cast<int32_t>(g.height),
                        static_cast<int32_t>(g.width),
                        checked.data,
                        checked.stride(),
                        static_cast<const char*>(gradient.data_ptr()),
                        static_cast<char*>(result.data_ptr())};
  const int64_t planes = b.samples * b.frames * b.channels;
  if (planes == 0) return result;
  if (place.on_cuda) {
#if defined(SEEDAUG_WITH_CUDA)
    launch(place, [&b](void* stream) { return cuda::launch_backward(b, stream); });
#endif
    return result;
  }
  run_units(planes, int64_t{b.height} * b.width,
            [&b](int64_t begin, int64_t end) { backward(b, begin, end); });
  return result;
}

}  // namespace seedaug::torch_ops
