// The normal over all 2^24 radius inputs and all 2^24 angle inputs: errors against float64, and one
// hash for every instruction set.
#include <algorithm>
#include <cmath>
#include <vector>

#include "check.h"
#include "core/normal.h"

using namespace seedaug;

namespace {

constexpr int32_t kInputs = 1 << 24;
constexpr double kTurn = 6.283185307179586476925286766559;

double ulps(float got, double exact) {
  if (exact == 0) return got == 0 ? 0 : INFINITY;
  return std::fabs(got - exact) / std::ldexp(1.0, std::max(std::ilogb(exact), -126) - 23);
}

void check_errors() {
  double radius_error = 0, angle_error = 0;
  for (int32_t i = 0; i < kInputs; ++i) {
    const double u = std::ldexp(i + 1, -24);
    radius_error =
        std::max(radius_error, ulps(box_muller_radius(i + 1), std::sqrt(-2 * std::log(u))));
    const auto at = box_muller_angle(i);
    const double angle = kTurn * std::ldexp(i, -24);
    angle_error = std::max(
        {angle_error, std::fabs(at.cos - std::cos(angle)), std::fabs(at.sin - std::sin(angle))});
  }
  std::printf("radius: at most %.4f ulp; cos and sin: at most 2^%.2f\n", radius_error,
              std::log2(angle_error));
  CHECK(radius_error <= 0.975, "%f ulp", radius_error);  // as docs/stream-format.md says
  CHECK(angle_error <= std::ldexp(1.0, -23) * 0.70710678, "%g", angle_error);  // 2^-23.5
}

uint64_t hash(uint64_t h, const std::vector<float>& values) {  // FNV-1a over 32-bit words
  for (const float v : values) h = (h ^ static_cast<uint32_t>(as_bits(v))) * 0x100000001b3;
  return h;
}

// Word pairs that run through all radii (angle 0) and all angles (the largest radius).
uint64_t hash_of_all() {
  constexpr int64_t kPiece = 1 << 16;
  std::vector<uint32_t> words(2 * kPiece);
  std::vector<float> normals(2 * kPiece);
  uint64_t h = 0xcbf29ce484222325;
  for (const bool radius : {true, false}) {
    for (int64_t first = 0; first < kInputs; first += kPiece) {
      for (int64_t i = 0; i < kPiece; ++i) {
        const auto word = static_cast<uint32_t>(first + i) << 8 | 0x5a;
        words[2 * i] = radius ? word : 0;
        words[2 * i + 1] = radius ? 0 : word;
      }
      kernels().box_muller(words.data(), kPiece, normals.data());
      h = hash(h, normals);
    }
  }
  return h;
}

}  // namespace

int main() {
  check_errors();
  uint64_t first = 0;
  test::for_each_isa([&](const char* isa) {
    const uint64_t h = hash_of_all();
    std::printf("%s: %016llx\n", isa, static_cast<unsigned long long>(h));
    if (first == 0) first = h;
    CHECK(h == first, "%s has another hash", isa);
  });
  CHECK(first == 0x4a89f02080c154b1, "the hash is %016llx", static_cast<unsigned long long>(first));
}
