// Which kernel a batch is given, at the sizes where 32-bit offsets end; nothing is read or written.
#include <vector>

#include "check.h"
#include "cuda/plan.h"
#include "random_program.h"

using namespace seedaug;

namespace {

// One sample of uint8 [frames, channels, height, width], normalised to float32.
cuda::Walk walk_of(int64_t frames, int64_t channels, int32_t height, int32_t width,
                   bool target_interleaved) {
  test::Code code;
  code.add(Kind::normalize, 0, {code.put({0.5, 0.25}), 1});
  Program program;
  const std::string error = lower(code.encoded(), DType::u8, DType::f32, channels, program);
  CHECK(error.empty(), "%s", error.c_str());
  const int64_t keys[3] = {};
  const int64_t plane = int64_t{height} * width, frame = channels * plane;
  char* const at = reinterpret_cast<char*>(uintptr_t{4096});
  const Source source = test::source_for(at, height, width, channels, false);
  Batch b{&program, DType::u8, 1, frames, channels, &source, false, frames * frame, keys, 3, {}};
  b.target = {at, height, width, frames * frame, frame, plane, width, 1};
  if (target_interleaved) b.target = {at, height, width, frames * frame, frame, 1, width * 3, 3};
  cuda::Layout layout;
  cuda::ChainArguments chain;
  return cuda::make_plan(b, 132, layout, chain).walk;
}

}  // namespace

int main() {
  using cuda::Walk;
  // 3 planes of float32 in 2^31 - 4096 bytes: 178,956,629 pixels each.
  for (const bool interleaved : {false, true}) {
    CHECK(walk_of(1, 3, 8, 22369578, interleaved) == Walk::pixels, "178,956,624 pixels fit");
    CHECK(walk_of(1, 3, 8, 22369579, interleaved) == Walk::element, "178,956,632 do not");
    CHECK(walk_of(2, 3, 8, 11184789, interleaved) == Walk::pixels, "two frames of half of it");
    CHECK(walk_of(2, 3, 8, 11184790, interleaved) == Walk::element, "a little more");
  }
  CHECK(walk_of(1, 1, 8, 67108700, false) == Walk::flat, "one plane of 536,869,600");
  CHECK(walk_of(1, 1, 8, 67108864, false) == Walk::element, "2^31 bytes");
  CHECK(walk_of(1, 5, 8, 13421740, false) == Walk::flat, "five planes");
}
