#include "cpu/backward.h"

#include <algorithm>
#include <vector>

#include "core/element.h"
#include "cpu/float_mode.h"
#include "program/gradient.h"

namespace seedaug {
namespace {

template <class Sum>
class PlaneWorker {
 public:
  explicit PlaneWorker(const BackwardBatch& batch)
      : b_(batch),
        p_(*batch.program),
        out_size_(element_size(p_.output)),
        in_size_(element_size(p_.input)),
        sums_(static_cast<size_t>(batch.height) * static_cast<size_t>(batch.width)),
        columns_(static_cast<size_t>(batch.out_width)) {}

  void plane(int64_t number) {
    const int64_t sample = number / (b_.frames * b_.channels);
    if (sample != sample_) begin_sample(sample);
    const float slope = channel_slope(p_, static_cast<int>(number % b_.channels));
    std::fill(sums_.begin(), sums_.end(), Sum{0});
    const char* from = b_.gradient + number * b_.out_height * b_.out_width * out_size_;
    for (int32_t y = 0; y < b_.out_height; ++y) {
      const int32_t row = map_.y.source(y);
      if (row < 0) continue;
      Sum* to = sums_.data() + int64_t{row} * b_.width;
      const char* gradients = from + int64_t{y} * b_.out_width * out_size_;
      for (int32_t x = 0; x < b_.out_width; ++x) {
        if (columns_[x] >= 0)
          to[columns_[x]] += read_gradient<Sum>(p_.output, gradients + x * out_size_) * slope;
      }
    }
    char* result = b_.result + number * b_.height * b_.width * in_size_;
    for (size_t i = 0; i < sums_.size(); ++i)
      write_gradient(p_.input, sums_[i], result + i * in_size_);
  }

 private:
  void begin_sample(int64_t sample) {
    sample_ = sample;
    sample_map(p_, packed_key(b_.keys + sample * b_.key_stride), b_.height, b_.width, map_);
    for (int32_t x = 0; x < b_.out_width; ++x) columns_[x] = map_.x.source(x);
  }

  const BackwardBatch& b_;
  const Program& p_;
  const int out_size_, in_size_;
  std::vector<Sum> sums_;
  std::vector<int32_t> columns_;
  IndexMap map_{};
  int64_t sample_ = -1;
};

template <class Sum>
void run_planes(const BackwardBatch& batch, int64_t begin, int64_t end) {
  PlaneWorker<Sum> worker(batch);
  for (int64_t plane = begin; plane < end; ++plane) worker.plane(plane);
}

}  // namespace

const char* not_differentiable(const Program& program) {
  const bool moved_doubles = program.copies && program.output == DType::f64;
  const bool floats = is_arithmetic(program.input) && program.input != DType::u8 &&
                      is_arithmetic(program.output) && program.output != DType::u8;
  if (!moved_doubles && !floats) return "only a program from floats to floats has a gradient";
  for (int k = 0; k < program.ops; ++k) {
    const char* obstacle = nullptr;
    with_op(program.op[k].code, [&](auto what) {
      using T = decltype(what);
      if constexpr (T::kSlope == Slope::none) obstacle = T::kNoSlope;
    });
    if (obstacle != nullptr) return obstacle;
  }
  return nullptr;
}

void backward(const BackwardBatch& batch, int64_t begin, int64_t end) {
  const FloatMode mode;
  if (sums_in_double(*batch.program)) {
    run_planes<double>(batch, begin, end);
  } else {
    run_planes<float>(batch, begin, end);
  }
}

}  // namespace seedaug
