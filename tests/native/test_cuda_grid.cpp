// Walks the grids of the CUDA kernels in plain loops and compares every byte with the
// CPU's loops, over random programs, types, layouts and lists: the kernels' index
// arithmetic runs here without a GPU.
#include <cstring>
#include <vector>

#include "cpu/augment.h"
#include "cpu/backward.h"
#include "cpu/fill.h"
#include "cuda/fill_body.h"
#include "cuda_walk.h"
#include "random_program.h"

using namespace seedaug;
using test::Case;
using test::Random;

namespace {

bool compare_augment(Random& r) {
  Case c;
  if (!test::make_case(r, c)) return false;
  const bool channels_last = r.coin();
  const std::vector<char> as_cuda = test::make_target(c, channels_last);
  if (r.coin()) {
    test::run_as_elements(c.batch);
  } else {
    test::run_as_cuda(c.batch, 1);
  }
  test::for_each_isa([&](const char* isa) {
    const std::vector<char> as_cpu = test::make_target(c, channels_last);
    const int64_t units = unit_count(c.batch), middle = r.below(units + 1);
    augment(c.batch, 0, middle);  // as two threads would
    augment(c.batch, middle, units);
    for (size_t i = 0; i < as_cpu.size(); ++i) {
      CHECK(as_cpu[i] == as_cuda[i],
            "%s: byte %zu of %zu: %02x and %02x (input %d, output %d, %d ops, %d geometries)", isa,
            i, as_cpu.size(), as_cpu[i] & 255, as_cuda[i] & 255, static_cast<int>(c.batch.element),
            static_cast<int>(c.output), c.program.ops, c.program.maps);
    }
  });
  return true;
}

bool compare_backward(Random& r) {
  Case c;
  if (!test::make_case(r, c) || c.batch.sources_differ || not_differentiable(c.program) != nullptr)
    return false;
  const Batch& b = c.batch;
  const auto h = static_cast<int32_t>(c.size.height), w = static_cast<int32_t>(c.size.width);
  const Source& s = b.sources[0];
  const int64_t planes = b.samples * b.frames * b.channels, items = planes * s.height * s.width;
  const std::vector<char> gradient = test::random_pixels(r, planes * h * w, c.output);
  std::vector<char> cpu(static_cast<size_t>(items * element_size(c.program.input))), gpu = cpu;
  BackwardBatch back{b.program, b.samples, b.frames, b.channels,   s.height,        s.width,
                     h,         w,         b.keys,   b.key_stride, gradient.data(), cpu.data()};
  backward(back, 0, planes);
  back.result = gpu.data();
  CHECK(cuda::backward_items(back) == items, "items");
  for (int64_t i = 0; i < items; ++i) cuda::backward_item(back, c.program, i);
  CHECK(std::memcmp(cpu.data(), gpu.data(), cpu.size()) == 0, "gradients differ");
  return true;
}

void compare_fill(Random& r) {
  const int64_t samples = 1 + r.below(3), elements = 1 + r.below(r.below(4) == 0 ? 20000 : 600);
  std::vector<int64_t> keys(static_cast<size_t>(3 * samples));
  for (int64_t n = 0; n < samples; ++n) keys[3 * n] = static_cast<int64_t>(r.next());
  const auto what = static_cast<Filling>(r.below(3));
  const DType type = what == Filling::words ? DType::u32 : static_cast<DType>(1 + r.below(3));
  std::vector<char> gpu(static_cast<size_t>(samples * elements * element_size(type)));
  FillBatch b{what,
              16 + static_cast<uint32_t>(what),
              static_cast<uint32_t>(r.below(32)),
              keys.data(),
              samples,
              3,
              elements,
              type,
              gpu.data()};
  cuda::with_fill(b, [&r](auto packs) {
    packs.small = packs.small && r.coin();  // either way to divide
    for (int64_t block = 0; block < packs.blocks(); ++block) {
      for (int thread = 0; thread < cuda::kThreads; ++thread) packs.run(block, thread);
    }
  });
  test::for_each_isa([&](const char* isa) {
    std::vector<char> cpu(gpu.size());
    b.result = cpu.data();
    const int64_t middle = r.below(samples * elements + 1);
    fill(b, 0, middle);
    fill(b, middle, samples * elements);
    CHECK(cpu == gpu, "%s: fill %d, type %d, %d x %d", isa, static_cast<int>(what),
          static_cast<int>(type), static_cast<int>(samples), static_cast<int>(elements));
  });
}

}  // namespace

int main() {
  Random r(20260101);
  int augmented = 0, backwards = 0;
  for (int i = 0; i < 6000; ++i) augmented += compare_augment(r);
  for (int i = 0; i < 6000; ++i) backwards += compare_backward(r);
  for (int i = 0; i < 600; ++i) compare_fill(r);
  std::printf("%d batches, %d gradients\n", augmented, backwards);
  CHECK(augmented > 2000 && backwards > 200, "too few cases were comparable");
}
