// The kernels' normals against core's, bit for bit: every radius and every angle.
#include "check.h"
#include "cuda/convert.h"
#include "cuda/normal.h"

using namespace seedaug;

namespace {

bool same(float a, float b) { return as_bits(a) == as_bits(b); }

// `lowest` fills the eight bits below those that count.
void check_radii(uint32_t lowest) {
  for (uint32_t i = 0; i < uint32_t{1} << 24; ++i) {
    const float squared = cuda::squared_radius(i << 8 | lowest);
    const float wanted = box_muller_radius(static_cast<int32_t>(i) + 1);
    CHECK(same(root(squared), wanted), "radius %u: %a, not %a", i, root(squared), wanted);
  }
}

void check_angles(uint32_t lowest) {
  for (uint32_t i = 0; i < uint32_t{1} << 24; ++i) {
    const CosSin<float> got = cuda::angle(i << 8 | lowest);
    const CosSin<float> wanted = box_muller_angle(static_cast<int32_t>(i));
    CHECK(same(got.cos, wanted.cos) && same(got.sin, wanted.sin), "angle %u", i);
  }
}

void check_bytes() {
  for (uint32_t i = 0; i < 1024; ++i) {
    const uint32_t word = i * 0x01030507u;
    for (int k = 0; k < 4; ++k) {
      CHECK(cuda::byte_value(word, k) == static_cast<float>(word >> 8 * k & 255), "byte");
    }
    const auto byte = [word](int k) { return cuda::byte_value(word, k); };
    CHECK(cuda::byte_quad(byte(0), byte(1), byte(2), byte(3)) == word, "four bytes");
  }
}

}  // namespace

int main() {
  check_bytes();
  check_radii(0);
  check_radii(255);
  check_angles(0);
  check_angles(255);
}
