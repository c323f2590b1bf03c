// Random programs, images and batches for tests that compare two ways to run them.
#pragma once

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "core/element.h"
#include "program/batch.h"
#include "program/lower.h"

namespace seedaug::test {

struct Code {
  std::vector<int64_t> code;
  std::vector<double> values;

  void add(Kind kind, int occurrence, const std::vector<int64_t>& arguments) {
    code.insert(code.end(),
                {static_cast<int64_t>(kind), occurrence, static_cast<int64_t>(arguments.size())});
    code.insert(code.end(), arguments.begin(), arguments.end());
  }
  int64_t put(const std::vector<double>& v) {
    values.insert(values.end(), v.begin(), v.end());
    return static_cast<int64_t>(values.size() - v.size());
  }
  EncodedProgram encoded() const {
    return {code.data(), static_cast<int64_t>(code.size()), values.data(),
            static_cast<int64_t>(values.size())};
  }
};

inline void add_geometry(Random& r, Code& c, int channels, int occurrence) {
  const bool per_channel = r.coin();
  const int64_t fill_count = per_channel ? channels : 1;
  std::vector<double> fill;
  for (int64_t i = 0; i < fill_count; ++i) fill.push_back(static_cast<double>(r.below(200)));
  const int64_t fill_at = c.put(fill), mode = r.below(4);
  switch (r.below(4)) {
    case 0:
      return c.add(Kind::pad, occurrence,
                   {r.below(3), r.below(3), r.below(3), r.below(3), mode, fill_at, fill_count});
    case 1:
      return c.add(Kind::horizontal_flip, occurrence, {c.put({0.5})});
    case 2:
      return c.add(Kind::vertical_flip, occurrence, {c.put({0.5})});
    default:
      return c.add(Kind::center_crop, occurrence, {4 + r.below(8), 4 + r.below(8)});
  }
}

// A crop of fixed size, so that lists can run it, other geometry around it,
// pointwise steps between.
inline Code random_program(Random& r, int channels, DType input, DType& output, bool pointwise) {
  Code c;
  DType type = input;
  if (r.coin()) add_geometry(r, c, channels, 0);
  c.add(Kind::random_crop, 0,
        {5 + r.below(9), 5 + r.below(9), r.below(3), r.below(3), r.below(3), r.below(3), r.below(4),
         1, 0, 0});
  if (r.coin()) add_geometry(r, c, channels, 1);
  if (pointwise && r.coin()) {
    type = DType::f32;
    c.add(Kind::to_dtype, 0, {3, 1});
  }
  if (r.coin()) c.add(Kind::horizontal_flip, 2, {c.put({0.5})});  // it fills nothing: anywhere
  if (!pointwise) {
    output = type;
    return c;
  }
  if (r.coin()) {
    const int64_t count = r.coin() ? channels : 1;
    std::vector<double> v(static_cast<size_t>(count), 0.4);
    v.insert(v.end(), static_cast<size_t>(count), 0.25);
    c.add(Kind::normalize, 0, {c.put(v), count});
    if (type == DType::u8) type = DType::f32;
  }
  for (int i = 0; i < 2; ++i) {
    if (r.coin())
      c.add(Kind::gaussian_noise, i, {c.put({0.01, 0.3}), static_cast<int64_t>(r.coin())});
  }
  if (r.coin()) c.add(Kind::clamp, 0, {c.put({-1.0, 1.0})});
  output = static_cast<DType>(r.below(4));
  c.add(Kind::to_dtype, 1, {static_cast<int64_t>(output), static_cast<int64_t>(r.coin())});
  return c;
}

inline std::vector<char> random_pixels(Random& r, int64_t count, DType type) {
  std::vector<char> bytes(static_cast<size_t>(count * element_size(type)));
  for (int64_t i = 0; i < count; ++i) {
    char* at = bytes.data() + i * element_size(type);
    if (is_arithmetic(type)) {
      const float v = type == DType::u8 ? static_cast<float>(r.below(256))
                                        : static_cast<float>(r.below(2000)) / 700 - 1;
      write_element(type, v, at);
      if (type != DType::u8 && r.below(50) == 0) {  // a NaN of any sign and payload
        const uint32_t quiet_or_not = type == DType::bf16  ? 0x7f81
                                      : type == DType::f16 ? 0x7c01
                                                           : 0x7f800001;
        const uint32_t random = static_cast<uint32_t>(r.next());
        const uint32_t bits = quiet_or_not | (random & (type == DType::f32   ? 0x807fffff
                                                        : type == DType::f16 ? 0x83ff
                                                                             : 0x807f));
        std::memcpy(at, &bits, static_cast<size_t>(element_size(type)));
      }
    } else {
      const uint64_t bits = r.next();
      std::memcpy(at, &bits, static_cast<size_t>(element_size(type)));
    }
  }
  return bytes;
}

inline Source source_for(const char* data, int32_t h, int32_t w, int64_t channels,
                         bool channels_last) {
  const int64_t frame = channels * h * w;
  if (channels_last) return {data, h, w, frame, 1, w * channels, channels};
  return {data, h, w, frame, int64_t{h} * w, w, 1};
}

struct Case {
  Program program;
  std::vector<std::vector<char>> pixels;
  std::vector<Source> sources;
  std::vector<int64_t> keys;
  Batch batch{};
  ImageSize size{};
  DType output{};

  Case() = default;
  Case(const Case&) = delete;  // the batch points into it
};

// False where the program does not fit the image drawn (a reflection too far): ask for another.
inline bool make_case(Random& r, Case& c) {
  const bool pointwise = r.below(4) != 0, list = r.coin();
  const DType input = pointwise ? static_cast<DType>(r.below(4)) : static_cast<DType>(r.below(13));
  const int64_t channels = 1 + r.below(5), frames = list ? 1 : 1 + r.below(2),
                samples = 1 + r.below(4);
  const Code code = random_program(r, static_cast<int>(channels), input, c.output, pointwise);
  const std::string error = lower(code.encoded(), input, c.output, channels, c.program);
  CHECK(error.empty(), "%s", error.c_str());
  const bool channels_last = r.coin();
  const int64_t images = list ? samples : 1, frames_each = list ? frames : samples * frames;
  for (int64_t n = 0; n < images; ++n) {
    const auto h = static_cast<int32_t>(6 + r.below(20)), w = static_cast<int32_t>(6 + r.below(40));
    ImageSize size{};
    if (!output_size(c.program, {h, w}, size).empty()) return false;
    if (n > 0 && (size.height != c.size.height || size.width != c.size.width)) return false;
    c.size = size;
    c.pixels.push_back(random_pixels(r, frames_each * channels * h * w, input));
    c.sources.push_back(source_for(c.pixels.back().data(), h, w, channels, channels_last));
  }
  for (int64_t i = 0; i < 3 * samples; ++i)
    c.keys.push_back(i % 3 == 0 ? static_cast<int64_t>(r.next()) : 0);
  c.keys[1] = static_cast<int64_t>(r.next() << 32);
  const int64_t stride =
      frames * channels * c.sources[0].height * c.sources[0].width * element_size(input);
  c.batch = {&c.program, input,  samples,       frames, channels, c.sources.data(),
             list,       stride, c.keys.data(), 3,      {}};
  return true;
}

// Bytes for the result, and a target that describes them.
inline std::vector<char> make_target(Case& c, bool channels_last) {
  const Batch& b = c.batch;
  const int64_t h = c.size.height, w = c.size.width, frame = b.channels * h * w;
  const int size = c.program.copies ? element_size(b.element) : element_size(c.output);
  std::vector<char> bytes(static_cast<size_t>(b.samples * b.frames * frame * size), 0x5a);
  c.batch.target = {bytes.data(),
                    static_cast<int32_t>(h),
                    static_cast<int32_t>(w),
                    b.frames * frame,
                    frame,
                    channels_last ? 1 : h * w,
                    channels_last ? w * b.channels : w,
                    channels_last ? b.channels : 1};
  return bytes;
}

}  // namespace seedaug::test
