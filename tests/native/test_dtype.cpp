// Conversions: every float16 and bfloat16, and float32 values around every rounding boundary, on
// every instruction set.
#include <cmath>
#include <cstring>
#include <vector>

#include "check.h"
#include "core/element.h"

using namespace seedaug;

namespace {

ValueOp rounding(OpCode code) {
  ValueOp op{};
  op.code = code;
  return op;
}

// The float16 nearest to v by search among its neighbours, ties to even: nothing
// shared with float_to_f16.
uint16_t nearest_f16(float v) {
  if (std::isnan(v)) return 0x7e00;
  const uint16_t sign = std::signbit(v) ? 0x8000 : 0;
  const double magnitude = std::fabs(static_cast<double>(v));
  if (magnitude >= 65520) return static_cast<uint16_t>(sign | 0x7c00);
  int low = 0, high = 0x7bff;  // the largest half at most `magnitude`
  const auto value = [](int h) {
    return (h >> 10) == 0 ? std::ldexp(h, -24) : std::ldexp(1024 + (h & 1023), (h >> 10) - 25);
  };
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    (value(middle) <= magnitude ? low : high) = value(middle) <= magnitude ? middle : middle - 1;
  }
  const double above = low == 0x7bff ? 65536.0 : value(low + 1);
  const double down = magnitude - value(low), up = above - magnitude;
  const bool round_up = up < down || (up == down && (low & 1));
  return static_cast<uint16_t>(sign | (low + round_up));
}

uint32_t bits_of(float v) { return static_cast<uint32_t>(as_bits(v)); }

void check_halves() {
  for (uint32_t h = 0; h < 65536; ++h) {
    const float v = f16_to_float(static_cast<uint16_t>(h));
    const bool nan = (h & 0x7c00) == 0x7c00 && (h & 0x3ff) != 0;
    CHECK(std::isnan(v) == nan, "half %04x", h);
    CHECK(float_to_f16(v) == (nan ? 0x7e00 : h), "half %04x comes back as %04x", h,
          float_to_f16(v));
    const float b = bf16_to_float(static_cast<uint16_t>(h));
    CHECK(float_to_bf16(b) == (std::isnan(b) ? 0x7fc0 : h), "bfloat %04x", h);
  }
}

std::vector<float> boundary_values() {
  std::vector<float> values;
  for (uint32_t h = 0; h < 65536; ++h) {
    const uint32_t bits = bits_of(f16_to_float(static_cast<uint16_t>(h)));
    for (const int64_t d : {-4097, -4096, -4095, -1, 0, 1, 4095, 4096, 4097}) {
      values.push_back(as_float(static_cast<int32_t>(static_cast<uint32_t>(int64_t{bits} + d))));
    }
    for (const uint32_t low : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
      values.push_back(as_float(static_cast<int32_t>(h << 16 | low)));
    }
  }
  return values;
}

void check_rounding(const std::vector<float>& values) {
  for (const float v : values) {
    CHECK(float_to_f16(v) == nearest_f16(v), "%a (%08x): %04x, not %04x", v, bits_of(v),
          float_to_f16(v), nearest_f16(v));
  }
  test::for_each_isa([&](const char* isa) {
    const auto count = static_cast<int64_t>(values.size());
    std::vector<uint16_t> half(values.size()), brain(values.size());
    const ValueOp f16 = rounding(OpCode::round_f16);
    const ValueOp bf16 = rounding(OpCode::round_bf16);
    kernels().rows[3][0][1]({values.data(), half.data(), count, 1, 0, 0, &f16, 1, nullptr, 0, 0});
    kernels().rows[3][0][2]({values.data(), brain.data(), count, 1, 0, 0, &bf16, 1, nullptr, 0, 0});
    for (size_t i = 0; i < values.size(); ++i) {
      CHECK(half[i] == float_to_f16(values[i]), "%s: f16 of %08x is %04x", isa, bits_of(values[i]),
            half[i]);
      CHECK(brain[i] == float_to_bf16(values[i]), "%s: bf16 of %08x is %04x", isa,
            bits_of(values[i]), brain[i]);
    }
  });
}

void check_bytes() {
  const float given[] = {-1.0f,  -0.0f,       0.0f,        0.5f,   1.5f,   2.5f,      254.5f,
                         255.0f, 255.5f,      256.0f,      1e30f,  -1e30f, INFINITY,  -INFINITY,
                         NAN,    0.49999997f, 0.50000006f, 127.5f, 128.5f, 3.9999998f};
  const uint8_t rounded[] = {0,   0, 0,   0, 2, 2, 254, 255, 255, 255,
                             255, 0, 255, 0, 0, 0, 1,   128, 128, 4};
  const uint8_t truncated[] = {0,   0, 0,   0, 1, 2, 254, 255, 255, 255,
                               255, 0, 255, 0, 0, 0, 0,   127, 128, 3};
  constexpr int kCount = sizeof rounded;
  const ValueOp round = rounding(OpCode::round_u8);
  const ValueOp trunc = rounding(OpCode::trunc_u8);
  test::for_each_isa([&](const char* isa) {
    uint8_t out[kCount];
    kernels().rows[3][0][0]({given, out, kCount, 1, 0, 0, &round, 1, nullptr, 0, 0});
    for (int i = 0; i < kCount; ++i)
      CHECK(out[i] == rounded[i], "%s: %a rounds to %d", isa, given[i], out[i]);
    kernels().rows[3][0][0]({given, out, kCount, 1, 0, 0, &trunc, 1, nullptr, 0, 0});
    for (int i = 0; i < kCount; ++i)
      CHECK(out[i] == truncated[i], "%s: %a truncates to %d", isa, given[i], out[i]);
  });
}

}  // namespace

int main() {
  check_halves();
  check_rounding(boundary_values());
  check_bytes();
}
