#include "torch/tensors.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <utility>

namespace seedaug::torch_ops {

DType element_type(ScalarType type) {
  switch (type) {
    case ScalarType::Byte:
      return DType::u8;
    case ScalarType::Half:
      return DType::f16;
    case ScalarType::BFloat16:
      return DType::bf16;
    case ScalarType::Float:
      return DType::f32;
    case ScalarType::Bool:
      return DType::boolean;
    case ScalarType::Char:
      return DType::i8;
    case ScalarType::Short:
      return DType::i16;
    case ScalarType::Int:
      return DType::i32;
    case ScalarType::Long:
      return DType::i64;
    case ScalarType::Double:
      return DType::f64;
    case ScalarType::UInt16:
      return DType::u16;
    case ScalarType::UInt32:
      return DType::u32;
    case ScalarType::UInt64:
      return DType::u64;
    default:
      STD_TORCH_CHECK(false, "unsupported dtype ", torch::headeronly::toString(type),
                      "; images are uint8, float16, bfloat16 or float32 (and for geometry alone "
                      "any real type)");
  }
}

std::string shape_text(const std::vector<int64_t>& sizes) {
  std::string text = "[";
  for (size_t d = 0; d < sizes.size(); ++d) text += (d > 0 ? ", " : "") + std::to_string(sizes[d]);
  return text + "]";
}

std::string shape_text(const Tensor& t) {
  const auto sizes = t.sizes();
  return shape_text(std::vector<int64_t>(sizes.begin(), sizes.end()));
}

Keys check_keys(const Tensor& keys, bool on_cuda, int32_t device_index) {
  const int64_t dims = keys.dim();
  STD_TORCH_CHECK(keys.scalar_type() == ScalarType::Long, "keys must be int64, got ",
                  torch::headeronly::toString(keys.scalar_type()));
  STD_TORCH_CHECK((dims == 1 || dims == 2) && keys.size(dims - 1) == 3,
                  "keys must be [3] or [N, 3], got ", shape_text(keys));
  STD_TORCH_CHECK(
      keys.is_cuda() == on_cuda && (!on_cuda || keys.get_device_index() == device_index),
      "keys must be on the device of the images (", on_cuda ? "cuda" : "cpu", "), got ",
      keys.is_cuda() ? "cuda" : "cpu", "; move them with .to(images.device)");
  Keys checked{keys.is_contiguous() ? keys : torch::stable::contiguous(keys), nullptr,
               dims == 2 ? keys.size(0) : 1, dims == 2};
  checked.data = static_cast<const int64_t*>(checked.held.data_ptr());
  for (int64_t n = 0; !on_cuda && n < checked.count; ++n) {
    STD_TORCH_CHECK(
        is_packed_key(packed_key(checked.data + 3 * n)), "keys[", n,
        "] is not a packed key (its block, kind and occurrence fields must be 0); make keys with "
        "seedaug.keys() or seedaug.Key(...).tensor()");
  }
  return checked;
}

View view_of(Tensor& t, bool per_sample, const char* name) {
  const int64_t first = per_sample ? 1 : 0;
  const int64_t dims = t.dim() - first;
  STD_TORCH_CHECK(dims >= 2, name, " must be [", per_sample ? "N, " : "", "..., H, W], got ",
                  shape_text(t));
  // The leading dimensions [first, dim - 3) become one; those of a single entry
  // have no say in that.
  int64_t inner = -1;
  for (int64_t d = t.dim() - 4; d >= first; --d) {
    if (t.size(d) == 1) continue;
    if (inner >= 0 && t.stride(d) != t.stride(inner) * t.size(inner)) {
      t = torch::stable::contiguous(t);
      break;
    }
    inner = d;
  }
  const auto size = t.sizes();
  const auto stride = t.strides();
  const auto n = static_cast<size_t>(t.dim());
  View v{1, 1, 1, size[n - 2], size[n - 1], 0, 0, 0, stride[n - 2], stride[n - 1]};
  if (per_sample) {
    v.samples = size[0];
    v.sample = stride[0];
  }
  if (dims >= 3) {
    v.channels = size[n - 3];
    v.channel = stride[n - 3];
  }
  for (int64_t d = first; d + 3 < t.dim(); ++d) {
    v.frames *= size[static_cast<size_t>(d)];
    if (size[static_cast<size_t>(d)] != 1) v.frame = stride[static_cast<size_t>(d)];
  }
  return v;
}

bool is_channels_last(const View& view) {
  return view.channels > 1 && view.channel == 1 && view.column == view.channels;
}

std::vector<int64_t> contiguous_strides(const std::vector<int64_t>& sizes) {
  std::vector<int64_t> strides(sizes.size());
  int64_t step = 1;
  for (size_t d = sizes.size(); d-- > 0;) {
    strides[d] = step;
    step *= std::max<int64_t>(sizes[d], 1);
  }
  return strides;
}

namespace {

// Asks for 2 MiB pages under a large result: its first writing then takes a page fault for each of
// those, not one for every 4 KiB, which would cost several times the augmentation of a batch. Only
// a hint; nothing else changes.
void prefer_huge_pages([[maybe_unused]] const Tensor& t) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr uintptr_t kHuge = uintptr_t{2} << 20;
  const auto bytes = static_cast<uintptr_t>(t.numel()) * t.element_size();
  if (bytes < 2 * kHuge) return;
  const auto begin = reinterpret_cast<uintptr_t>(t.data_ptr());
  const uintptr_t first = (begin + kHuge - 1) / kHuge * kHuge,
                  last = (begin + bytes) / kHuge * kHuge;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
}

}  // namespace

Tensor empty(const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides,
             ScalarType type, const Tensor& like) {
  int32_t device_type, device_index;
  TORCH_ERROR_CODE_CHECK(aoti_torch_get_device_type(like.get(), &device_type));
  TORCH_ERROR_CODE_CHECK(aoti_torch_get_device_index(like.get(), &device_index));
  AtenTensorHandle handle = nullptr;
  const auto code = torch::stable::detail::to<int32_t>(torch::stable::detail::from(type));
  TORCH_ERROR_CODE_CHECK(aoti_torch_empty_strided(static_cast<int64_t>(sizes.size()), sizes.data(),
                                                  strides.data(), code, device_type, device_index,
                                                  &handle));
  Tensor made(handle);
  if (made.is_cpu()) prefer_huge_pages(made);
  return made;
}

Tensor empty_images(std::vector<int64_t> sizes, int64_t height, int64_t width, ScalarType type,
                    bool channels_last, const Tensor& like) {
  const size_t n = sizes.size();
  sizes[n - 2] = height;
  sizes[n - 1] = width;
  std::vector<int64_t> strides = contiguous_strides(sizes);
  if (channels_last && n >= 3) {
    const int64_t channels = std::max<int64_t>(sizes[n - 3], 1);
    strides[n - 3] = 1;
    strides[n - 1] = channels;
    strides[n - 2] = channels * width;
  }
  return empty(sizes, strides, type, like);
}

void check_writable(const Tensor& out) {
  std::vector<std::pair<int64_t, int64_t>> axes;  // (stride, size)
  for (int64_t d = 0; d < out.dim(); ++d) {
    if (out.size(d) > 1) axes.emplace_back(out.stride(d), out.size(d));
  }
  std::sort(axes.begin(), axes.end());
  int64_t reach = 0;  // the furthest element that the axes so far get to
  for (const auto& [stride, size] : axes) {
    STD_TORCH_CHECK(stride > reach,
                    "out must not hold an element twice (it is an expanded or overlapping view)");
    reach += stride * (size - 1);
  }
}

namespace {

std::pair<const char*, const char*> memory_of(const Tensor& t) {
  int64_t reach = 0;
  for (int64_t d = 0; d < t.dim(); ++d) reach += t.stride(d) * (t.size(d) - 1);
  const auto* begin = static_cast<const char*>(t.data_ptr());
  return {begin, begin + (reach + 1) * static_cast<int64_t>(t.element_size())};
}

}  // namespace

void check_apart(const Tensor& out, const Tensor& input) {
  if (out.numel() == 0 || input.numel() == 0) return;
  const auto [out_begin, out_end] = memory_of(out);
  const auto [in_begin, in_end] = memory_of(input);
  STD_TORCH_CHECK(out_end <= in_begin || in_end <= out_begin,
                  "out must not share memory with the input");
}

}  // namespace seedaug::torch_ops
