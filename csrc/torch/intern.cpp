#include "torch/intern.h"

#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>

#include "torch/augment.h"

namespace seedaug::torch_ops {
namespace {

constexpr int64_t kMaxInterned = 4096;

// One program, and what it lowers to for each kind of image met so far. Nothing is ever freed or
// moved, so that readers need no lock.
struct Interned {
  struct Lowered {
    DType input;
    int64_t channels;
    const Lowered* next;
    Program program;
  };

  std::vector<int64_t> program;
  std::vector<double> values;
  ScalarType dtype;
  int64_t layout;
  std::atomic<const Lowered*> lowered{nullptr};

  const Program& lowered_for(DType input, int64_t channels) {
    const Lowered* first = lowered.load(std::memory_order_acquire);
    for (const Lowered* at = first; at != nullptr; at = at->next) {
      if (at->input == input && at->channels == channels) return at->program;
    }
    auto made = std::make_unique<Lowered>();
    made->input = input;
    made->channels = channels;
    const std::string error =
        lower(encode(program, values), input, element_type(dtype), channels, made->program);
    STD_TORCH_CHECK(error.empty(), error);
    made->next = first;
    while (!lowered.compare_exchange_weak(made->next, made.get(), std::memory_order_release,
                                          std::memory_order_acquire)) {
    }
    return made.release()->program;
  }
};

std::array<std::atomic<Interned*>, kMaxInterned> table;

}  // namespace

int64_t intern(std::vector<int64_t> program, std::vector<double> values, ScalarType dtype,
               int64_t layout) {
  // By bits: 0 and -0 are two values here, and a NaN is one.
  using Content = std::tuple<std::vector<int64_t>, std::vector<uint64_t>, ScalarType, int64_t>;
  static std::mutex mutex;
  static std::map<Content, int64_t> known;
  std::vector<uint64_t> bits(values.size());
  if (!values.empty()) std::memcpy(bits.data(), values.data(), values.size() * sizeof(double));
  const std::lock_guard<std::mutex> lock(mutex);
  const auto next = static_cast<int64_t>(known.size());
  const auto [at, is_new] =
      known.try_emplace(Content{program, std::move(bits), dtype, layout}, next);
  if (!is_new) return at->second;
  if (next == kMaxInterned) {
    known.erase(at);
    return -1;
  }
  auto made = std::make_unique<Interned>();
  made->program = std::move(program);
  made->values = std::move(values);
  made->dtype = dtype;
  made->layout = layout;
  table[static_cast<size_t>(next)].store(made.release(), std::memory_order_release);
  return next;
}

namespace {

Interned& known(int64_t handle) {
  Interned* interned = handle >= 0 && handle < kMaxInterned
                           ? table[static_cast<size_t>(handle)].load(std::memory_order_acquire)
                           : nullptr;
  STD_TORCH_CHECK(interned != nullptr, "no program of this process has the number ", handle);
  return *interned;
}

ProgramFinder finder(Interned& interned) {
  return [&interned](DType type, int64_t channels) -> const Program& {
    return interned.lowered_for(type, channels);
  };
}

}  // namespace

Tensor augment_interned(Tensor input, int64_t seed, int64_t low, int64_t high, int64_t handle) {
  Interned& interned = known(handle);
  return augment_one_key(std::move(input), {seed, low, high}, finder(interned), interned.dtype,
                         interned.layout);
}

void augment_interned_out(Tensor input, int64_t seed, int64_t low, int64_t high, int64_t handle,
                          Tensor out, int64_t row) {
  Interned& interned = known(handle);
  STD_TORCH_CHECK(out.scalar_type() == interned.dtype, "out must have the dtype of the result, ",
                  torch::headeronly::toString(interned.dtype), ", got ",
                  torch::headeronly::toString(out.scalar_type()));
  augment_one_key_out(std::move(input), {seed, low, high}, finder(interned), std::move(out), row);
}

}  // namespace seedaug::torch_ops
