#include "cpu/program.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "core/counter.h"
#include "core/uniform.h"
#include "cpu/float_mode.h"
#include "cpu/names.h"

namespace seedaug {
namespace {

std::string number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", v);
  return text;
}

bool is_wide_integer(DType type) {  // all but uint8 and bool
  return !is_arithmetic(type) && type != DType::boolean && type != DType::f64;
}

// A fill as an element, in the lowest bytes. The types that arithmetic knows get it by way of
// float32, as they do everything; the others straight from the number given.
uint64_t element_bits(double v, DType type) {
  const auto raw = [](auto element) {
    uint64_t bits = 0;
    std::memcpy(&bits, &element, sizeof element);
    return bits;
  };
  switch (type) {
    case DType::u8:
      return raw(static_cast<uint8_t>(truncate(saturate_u8(static_cast<float>(v)))));
    case DType::f16:
      return raw(float_to_f16(static_cast<float>(v)));
    case DType::bf16:
      return raw(float_to_bf16(static_cast<float>(v)));
    case DType::f32:
      return raw(static_cast<float>(v));
    case DType::f64:
      return raw(v);
    case DType::boolean:
      return v != 0;
    default:  // integers: the lowest bytes of two's complement; |v| < 2^62
      return static_cast<uint64_t>(static_cast<int64_t>(v));
  }
}

// Whether fma(z, sigma, mean) can be infinite; no normal is beyond 6 (radius(1) is 5.77).
bool may_overflow(float mean, float sigma) {
  return std::fabs(double{mean}) + 6.0 * double{sigma} > std::numeric_limits<float>::max();
}

constexpr int64_t kAnyChannels = -1;

class Lowering {
 public:
  Lowering(const EncodedProgram& encoded, DType input, int64_t channels, Program& program)
      : encoded_(encoded), channels_(channels), current_(input), program_(program) {
    program.input = input;
    program.instructions = program.geometries = program.ops = program.fills = program.noises = 0;
  }

  const std::string& run() {
    int64_t at = 0;
    while (at < encoded_.code_length && error_.empty()) at = instruction(at);
    return error_;
  }

  std::string run(DType output) {
    if (!run().empty()) return error_;
    if (current_ != output) {
      return std::string("the program ends in ") + name_of(current_) +
             ", but dtype=" + name_of(output) + " was asked for; put a to_dtype at its end";
    }
    program_.output = output;
    program_.geometry_only = program_.ops == 0 && program_.input == output;
    // A NaN comes in with floats, or is made where noise that is infinite meets an infinity.
    const bool may_be_nan = program_.input != DType::u8 || noise_overflows_;
    if (!program_.geometry_only && output == DType::f32 && may_be_nan) {
      add({PointwiseOp::Code::canonical, 0, 0, 0, 0, 0, 0});
    }
    return error_;
  }

 private:
  // Reads the instruction at `at`; returns where the next one begins.
  int64_t instruction(int64_t at) {
    if (program_.instructions == kMaxInstructions) {
      return fail("a program has at most " + std::to_string(kMaxInstructions) + " instructions");
    }
    if (at + 3 > encoded_.code_length) return fail("the program breaks off inside an instruction");
    kind_ = static_cast<Kind>(encoded_.code[at]);
    what_ = encoded_.code[at] >= 0 && encoded_.code[at] < 128 ? name_of(kind_) : nullptr;
    if (what_ == nullptr)
      return fail("no instruction has kind " + std::to_string(encoded_.code[at]));
    occurrence_ = encoded_.code[at + 1];
    count_ = encoded_.code[at + 2];
    arguments_ = encoded_.code + at + 3;
    if (occurrence_ < 0 || occurrence_ > kMaxOccurrence) {
      return fail(std::string(what_) + ": occurrence must be in [0, 31], got " +
                  std::to_string(occurrence_));
    }
    if (count_ < 0 || count_ > encoded_.code_length - at - 3) {
      return fail("the program breaks off inside an instruction");
    }
    translate();
    ++program_.instructions;
    return at + 3 + count_;
  }

  void translate() {
    switch (kind_) {
      case Kind::random_crop:
        return random_crop();
      case Kind::center_crop:
        return center_crop();
      case Kind::pad:
        return pad();
      case Kind::horizontal_flip:
      case Kind::vertical_flip:
        return flip();
      case Kind::to_dtype:
        return to_dtype();
      case Kind::normalize:
        return normalize();
      case Kind::gaussian_noise:
        return gaussian_noise();
      default:
        return clamp();
    }
  }

  void random_crop() {
    if (!expect(10)) return;
    GeometryInstruction g = geometry();
    crop_size(g);
    padding(g, arguments_ + 2, arguments_[6], arguments_[8], arguments_[9], /*negative=*/false);
    g.pad_if_needed = arguments_[7] != 0;
    add(g);
  }

  void center_crop() {
    if (!expect(2)) return;
    GeometryInstruction g = geometry();
    crop_size(g);
    padding(g, nullptr, 0, 0, 0, false);
    add(g);
  }

  void pad() {
    if (!expect(7)) return;
    GeometryInstruction g = geometry();
    padding(g, arguments_, arguments_[4], arguments_[5], arguments_[6], /*negative=*/true);
    add(g);
  }

  void flip() {
    if (!expect(1)) return;
    const double* p = values(arguments_[0], 1);
    if (p == nullptr) return;
    if (!(*p >= 0 && *p <= 1)) return complain("p must be in [0, 1], got " + number(*p));
    GeometryInstruction g = geometry();
    g.threshold = gate_threshold(*p);
    add(g);
  }

  void to_dtype() {
    if (!expect(2) || !arithmetic()) return;
    if (arguments_[0] < 0 || arguments_[0] > 3) {
      return complain(
          "dtype code must be 0 (uint8), 1 (float16), 2 (bfloat16) or 3 (float32), got " +
          std::to_string(arguments_[0]));
    }
    convert(static_cast<DType>(arguments_[0]), arguments_[1] != 0);
  }

  void normalize() {
    if (!expect(2) || !arithmetic() || !per_channel("mean and std", arguments_[1])) return;
    const int count = static_cast<int>(arguments_[1]);
    const double* mean = values(arguments_[0], 2 * arguments_[1]);
    if (mean == nullptr) return;
    if (current_ == DType::u8) convert(DType::f32, true);
    const int table = reserve(2 * count);
    if (table < 0) return;
    for (int c = 0; c < count; ++c) {
      const double m = mean[c], s = mean[count + c];
      // Outside of this, 1 / std is no normal float32.
      if (!(std::fabs(s) >= 0x1p-125 && std::fabs(s) <= 0x1p125)) {
        return complain("std must be from 2^-125 to 2^125 in magnitude, got " + number(s));
      }
      program_.table[table + c] = static_cast<float>(1.0 / s);
      program_.table[table + count + c] = static_cast<float>(-m / s);
      if (!std::isfinite(program_.table[table + count + c])) {
        return complain("mean / std must be finite in float32, got " + number(m) + " / " +
                        number(s));
      }
    }
    add({PointwiseOp::Code::affine, 0, 0, static_cast<int16_t>(table), static_cast<int16_t>(count),
         0, 0});
    settle();
  }

  void gaussian_noise() {
    if (!expect(2) || !arithmetic()) return;
    const double* v = values(arguments_[0], 2);
    if (v == nullptr) return;
    const double unit = current_ == DType::u8 ? 255.0 : 1.0;
    const float mean = static_cast<float>(v[0] * unit), sigma = static_cast<float>(v[1] * unit);
    if (!std::isfinite(mean)) return complain("mean must be finite, got " + number(v[0]));
    if (!(sigma >= 0 && std::isfinite(sigma))) {
      return complain("sigma must be finite and not negative, got " + number(v[1]));
    }
    noise_overflows_ = noise_overflows_ || may_overflow(mean, sigma);
    add({PointwiseOp::Code::noise, static_cast<uint8_t>(occurrence_),
         static_cast<uint8_t>(program_.noises++), 0, 0, sigma, mean});
    settle();
    if (arguments_[1] != 0 && current_ != DType::u8)
      add({PointwiseOp::Code::clamp, 0, 0, 0, 0, 0.0f, 1.0f});
  }

  void clamp() {
    if (!expect(1) || !arithmetic()) return;
    const double* v = values(arguments_[0], 2);
    if (v == nullptr) return;
    if (!(v[0] <= v[1]))
      return complain("min must not exceed max, got " + number(v[0]) + ", " + number(v[1]));
    add({PointwiseOp::Code::clamp, 0, 0, 0, 0, static_cast<float>(v[0]), static_cast<float>(v[1])});
    settle();
  }

  void convert(DType to, bool scale) {
    const DType from = current_;
    current_ = to;
    if (from == to) return;
    if (from == DType::u8) {
      if (!scale) return;  // 0 ... 255 is exact in every type
      add({PointwiseOp::Code::scale, 0, 0, 0, 0, static_cast<float>(1.0 / 255.0), 0});
      return settle();
    }
    if (to == DType::u8) {
      if (scale) add({PointwiseOp::Code::scale, 0, 0, 0, 0, static_cast<float>(255.999), 0});
      add({PointwiseOp::Code::trunc_u8, 0, 0, 0, 0, 0, 0});
      return;
    }
    settle();
  }

  // After a step, the value is rounded to the type that it is of.
  void settle() {
    if (current_ == DType::u8) add({PointwiseOp::Code::round_u8, 0, 0, 0, 0, 0, 0});
    if (current_ == DType::f16) add({PointwiseOp::Code::round_f16, 0, 0, 0, 0, 0, 0});
    if (current_ == DType::bf16) add({PointwiseOp::Code::round_bf16, 0, 0, 0, 0, 0, 0});
  }

  GeometryInstruction geometry() const {
    GeometryInstruction g{};
    g.kind = kind_;
    g.occurrence = static_cast<uint8_t>(occurrence_);
    g.instruction = static_cast<uint8_t>(program_.instructions);
    return g;
  }

  void crop_size(GeometryInstruction& g) {
    for (int i = 0; i < 2; ++i) {
      if (arguments_[i] < 1 || arguments_[i] > kMaxSide) {
        return complain("size must be from 1 to " + std::to_string(kMaxSide) + ", got " +
                        std::to_string(arguments_[0]) + "x" + std::to_string(arguments_[1]));
      }
    }
    g.height = static_cast<int32_t>(arguments_[0]);
    g.width = static_cast<int32_t>(arguments_[1]);
  }

  void padding(GeometryInstruction& g, const int64_t* sides, int64_t mode, int64_t fill,
               int64_t fill_count, bool negative) {
    if (mode < 0 || mode > 3) {
      return complain(
          "padding mode must be 0 (constant), 1 (edge), 2 (reflect) or 3 (symmetric), got " +
          std::to_string(mode));
    }
    g.mode = static_cast<PadMode>(mode);
    for (int i = 0; sides != nullptr && i < 4; ++i) {
      const int64_t least = negative ? -kMaxSide : 0;
      if (sides[i] < least || sides[i] > kMaxSide) {
        return complain("padding must be from " + std::to_string(least) + " to " +
                        std::to_string(kMaxSide) + ", got " + std::to_string(sides[i]));
      }
    }
    if (sides != nullptr) {
      g.left = static_cast<int32_t>(sides[0]);
      g.top = static_cast<int32_t>(sides[1]);
      g.right = static_cast<int32_t>(sides[2]);
      g.bottom = static_cast<int32_t>(sides[3]);
    }
    g.fill = static_cast<int8_t>(program_.fills);
    add_fill(fill, fill_count);
  }

  void add_fill(int64_t offset, int64_t given) {
    if (!error_.empty() || (given != 0 && !per_channel("fill", given))) return;
    const int count = given == 0 ? 1 : static_cast<int>(given);
    const double* v = given == 0 ? &kZero : values(offset, given);
    const int table = v == nullptr ? -1 : reserve(count);
    if (table < 0) return;
    if (program_.fills == kMaxGeometry) return too_many_geometries();
    for (int c = 0; c < count; ++c) {
      if (std::isnan(v[c])) return complain("fill must not be NaN");
      if (is_wide_integer(current_) && std::fabs(v[c]) >= 0x1p62) {
        return complain(std::string("fill must lie between -2^62 and 2^62 for ") +
                        name_of(current_) + ", got " + number(v[c]));
      }
      program_.bits[table + c] = element_bits(v[c], current_);
      program_.table[table + c] = as_value(program_.bits[table + c]);
    }
    program_.fill[program_.fills++] = {static_cast<int16_t>(program_.ops),
                                       static_cast<int16_t>(table), static_cast<int16_t>(count)};
  }

  // The fill as the chain sees it where it enters: a value of the current type.
  float as_value(uint64_t bits) const {
    switch (current_) {
      case DType::u8:
        return static_cast<float>(bits);
      case DType::f16:
        return f16_to_float(static_cast<uint16_t>(bits));
      case DType::bf16:
        return bf16_to_float(static_cast<uint16_t>(bits));
      default:
        return as_float(static_cast<int32_t>(bits));
    }
  }

  bool expect(int64_t count) {
    if (count_ == count) return true;
    complain("takes " + std::to_string(count) + " arguments, got " + std::to_string(count_));
    return false;
  }

  bool arithmetic() {
    if (is_arithmetic(current_)) return true;
    complain(std::string("unsupported dtype ") + name_of(current_) +
             "; it works on uint8, float16, bfloat16 and float32");
    return false;
  }

  bool per_channel(const char* argument, int64_t count) {
    if (count == 1 || (count > 1 && (count == channels_ || channels_ == kAnyChannels))) return true;
    complain(std::string(argument) + " must have 1 value or one for each of the " +
             std::to_string(channels_) + " channels, got " + std::to_string(count));
    return false;
  }

  const double* values(int64_t offset, int64_t count) {
    if (offset >= 0 && count >= 0 && offset <= encoded_.value_count &&
        count <= encoded_.value_count - offset) {
      return encoded_.values + offset;
    }
    complain("an argument points outside of the list of values");
    return nullptr;
  }

  int reserve(int count) {
    if (count > kMaxValues - table_used_) {
      complain("a program has at most " + std::to_string(kMaxValues) + " values");
      return -1;
    }
    const int at = table_used_;
    table_used_ += count;
    return at;
  }

  void add(const PointwiseOp& op) {
    if (error_.empty()) program_.op[program_.ops++] = op;
  }

  void add(const GeometryInstruction& g) {
    if (!error_.empty()) return;
    if (program_.noises > 0) return complain("geometry cannot follow noise within one program");
    if (program_.geometries == kMaxGeometry) return too_many_geometries();
    program_.geometry[program_.geometries++] = g;
  }

  void too_many_geometries() {
    complain("a program has at most " + std::to_string(kMaxGeometry) + " crops, pads and flips");
  }

  void complain(const std::string& problem) {
    if (error_.empty()) error_ = std::string(what_) + ": " + problem;
  }

  int64_t fail(const std::string& problem) {
    if (error_.empty()) error_ = problem;
    return encoded_.code_length;
  }

  static constexpr double kZero = 0.0;

  const EncodedProgram& encoded_;
  const int64_t channels_;
  DType current_;
  Program& program_;
  std::string error_;
  int table_used_ = 0;
  bool noise_overflows_ = false;

  Kind kind_{};
  const char* what_ = nullptr;
  int64_t occurrence_ = 0, count_ = 0;
  const int64_t* arguments_ = nullptr;
};

}  // namespace

std::string lower(const EncodedProgram& encoded, DType input, DType output, int64_t channels,
                  Program& program) {
  const FloatMode mode;
  return Lowering(encoded, input, channels, program).run(output);
}

std::string lower_geometry(const EncodedProgram& encoded, Program& program) {
  const FloatMode mode;
  return Lowering(encoded, DType::f32, kAnyChannels, program).run();
}

}  // namespace seedaug
