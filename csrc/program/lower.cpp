#include "program/lower.h"

#include <cmath>
#include <cstring>

#include "core/counter.h"
#include "core/element.h"
#include "core/uniform.h"
#include "cpu/float_mode.h"

namespace seedaug {
namespace {

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
    case DType::i8:
    case DType::i16:
    case DType::i32:
    case DType::i64:
    case DType::u16:
    case DType::u32:
    case DType::u64:  // the lowest bytes of two's complement; |v| < 2^62
      return static_cast<uint64_t>(static_cast<int64_t>(v));
  }
  SEEDAUG_UNREACHABLE();
}

constexpr int64_t kAnyChannels = -1;

// Integers that the arguments of a transform take in a program.
struct ArgumentCount {
  int64_t count = 0;
  bool was_number = false, were_channel_values = false;

  void one() {
    ++count;
    was_number = were_channel_values = false;
  }
  void integer(const char*, int32_t&, int64_t, int64_t) { one(); }
  void flag(const char*, bool&) { one(); }
  template <class T, int N>
  void choice(const char*, T&, const Choices<N>&) {
    one();
  }
  void number(const char*, double&) {
    if (!was_number) one();
    was_number = true;
  }
  void probability(const char*, uint64_t&) { one(); }
  void channel_values(const char*, ChannelValues&, Role = Role::plain) {
    if (!were_channel_values) count += 2;
    were_channel_values = true;
  }
  void fill(int8_t&) {
    one();
    one();
  }
  void zero_fill(int8_t&) {}
};

template <class T>
int64_t argument_count() {
  ArgumentCount counter;
  typename T::Args unused{};
  T::arguments(counter, unused);
  return counter.count;
}

class Lowering {
 public:
  Lowering(const EncodedProgram& encoded, DType input, int64_t channels, Program& program)
      : encoded_(encoded), channels_(channels), type_(input), program_(program) {
    program.input = input;
    program.instructions = program.maps = program.ops = program.fills = program.normal_ops = 0;
  }

  const std::string& run() {
    int64_t at = 0;
    while (at < encoded_.code_length && error_.empty()) at = instruction(at);
    return error_;
  }

  std::string run(DType output) {
    if (!run().empty()) return error_;
    if (type_ != output) {
      return std::string("the program ends in ") + name_of(type_) +
             ", but dtype=" + name_of(output) + " was asked for; put a to_dtype at its end";
    }
    program_.output = output;
    program_.copies = program_.ops == 0 && program_.input == output;
    // A NaN comes in with floats, or is made where an infinity that was added meets another one.
    const bool may_be_nan = program_.input != DType::u8 || makes_infinities_;
    if (!program_.copies && output == DType::f32 && may_be_nan) add<Canonical>();
    return error_;
  }

  // --- What a transform's `lower` calls ---

  DType type() const { return type_; }  // that values are of

  // Adds an op with the same scalars for all channels.
  template <class T>
  void add(float a = 0, float b = 0, bool makes_infinities = false) {
    makes_infinities_ = makes_infinities_ || makes_infinities;
    ValueOp op = new_op<T>();
    op.a = a;
    op.b = b;
    push(op);
  }

  // Adds an op with scalars(c, a, b) for each channel.
  template <class T, class Scalars>
  void add_per_channel(int count, const Scalars& scalars) {
    ValueOp op = new_op<T>();
    const int table = reserve(2 * count);
    if (table < 0) return;
    for (int c = 0; c < count && error_.empty(); ++c) {
      scalars(c, program_.table[table + c], program_.table[table + count + c]);
    }
    op.table = static_cast<int16_t>(table);
    op.count = static_cast<int16_t>(count);
    push(op);
  }

  // Values are of another type from here on.
  void convert(DType to, bool exact) {
    type_ = to;
    if (exact) return;
    if (to == DType::u8) return add<TruncateU8>();
    settle();
  }

  // After a step, a value is rounded to the type that it is of.
  void settle() {
    if (type_ == DType::u8) add<RoundU8>();
    if (type_ == DType::f16) add<RoundF16>();
    if (type_ == DType::bf16) add<RoundBF16>();
  }

  void complain(const std::string& problem) {
    if (error_.empty()) error_ = std::string(name_of(kind_)) + ": " + problem;
  }

  // --- The visitor that reads arguments ---

  void integer(const char* name, int32_t& to, int64_t least, int64_t most) {
    const int64_t given = next();
    if (given < least || given > most) {
      complain(std::string(name) + " must be from " + std::to_string(least) + " to " +
               std::to_string(most) + ", got " + std::to_string(given));
    }
    to = static_cast<int32_t>(given);
  }

  void flag(const char*, bool& to) { to = next() != 0; }

  template <class T, int N>
  void choice(const char* name, T& to, const Choices<N>& choices) {
    const int64_t given = next();
    if (given < 0 || given >= N) {
      std::string known;
      for (int i = 0; i < N; ++i) {
        known += (i > 0 ? ", " : "") + std::to_string(i) + " (" + choices.name[i] + ")";
      }
      return complain(std::string(name) + " must be one of " + known + ", got " +
                      std::to_string(given));
    }
    to = static_cast<T>(given);
  }

  void number(const char*, double& to) {
    if (!in_numbers_) {
      const int64_t offset = next();
      in_numbers_ = true;
      numbers_ = values(offset, 1);
      numbers_left_ = numbers_ == nullptr ? 0 : encoded_.value_count - offset;
    }
    if (numbers_left_-- <= 0) return beyond();
    to = *numbers_++;
  }

  void probability(const char* name, uint64_t& threshold) {
    double p = 0;
    in_numbers_ = false;
    number(name, p);
    in_numbers_ = false;
    if (!(p >= 0 && p <= 1)) {
      return complain(std::string(name) + " must be in [0, 1], got " + text(p));
    }
    threshold = gate_threshold(p);
  }

  void channel_values(const char* name, ChannelValues& to, Role = Role::plain) {
    if (lists_ == 0) {
      list_offset_ = next();
      list_count_ = next();
    }
    const int64_t list = lists_++;
    if (!error_.empty() || !fits_channels(name, list_count_)) return;
    to = {values(list_offset_ + list * list_count_, list_count_), static_cast<int>(list_count_)};
  }

  void fill(int8_t& to) {
    const int64_t offset = next(), count = next();
    if (count == 0) return zero_fill(to);
    if (!fits_channels("fill", count)) return;
    add_fill(values(offset, count), static_cast<int>(count), to);
  }

  void zero_fill(int8_t& to) { add_fill(&kZero, 1, to); }

 private:
  // Reads the instruction at `at`; returns where the next one begins.
  int64_t instruction(int64_t at) {
    if (program_.instructions == kMaxInstructions) {
      return fail("a program has at most " + std::to_string(kMaxInstructions) + " instructions");
    }
    if (at + 3 > encoded_.code_length) return fail("the program breaks off inside an instruction");
    const int64_t kind = encoded_.code[at];
    const bool known =
        kind >= 0 && kind < kUserKindFirst && name_of(static_cast<Kind>(kind)) != nullptr;
    if (!known) return fail("no instruction has kind " + std::to_string(kind));
    kind_ = static_cast<Kind>(kind);
    occurrence_ = encoded_.code[at + 1];
    count_ = encoded_.code[at + 2];
    arguments_ = encoded_.code + at + 3;
    if (occurrence_ < 0 || occurrence_ > kMaxOccurrence) {
      return fail(std::string(name_of(kind_)) + ": occurrence must be in [0, 31], got " +
                  std::to_string(occurrence_));
    }
    if (count_ < 0 || count_ > encoded_.code_length - at - 3) {
      return fail("the program breaks off inside an instruction");
    }
    for_each_transform([&](auto what, const TransformName& one) {
      if (one.kind == kind_) translate(what, one.op_class);
    });
    ++program_.instructions;
    return at + 3 + count_;
  }

  template <class T>
  void translate(T, OpClass op_class) {
    if (count_ != argument_count<T>()) {
      return complain("takes " + std::to_string(argument_count<T>()) + " arguments, got " +
                      std::to_string(count_));
    }
    if (op_class == OpClass::value_op && !is_arithmetic(type_)) {
      return complain(std::string("unsupported dtype ") + name_of(type_) +
                      "; it works on uint8, float16, bfloat16 and float32");
    }
    in_numbers_ = false;
    lists_ = 0;
    typename T::Args args{};
    T::arguments(*this, args);
    if (error_.empty()) place<T>(args);
  }

  template <class T>
  void place(const typename T::Args& args) {
    if constexpr (kIsMap<T>) {
      add_map<T>(args);
    } else {
      T::lower(args, *this);
    }
  }

  template <class T>
  void add_map(const typename T::Args& args) {
    if (program_.normal_ops > 0) return complain("geometry cannot follow noise within one program");
    if (T::may_pad(args) && T::border(args).mode == PadMode::constant &&
        (program_.ops > 0 || type_ != program_.input)) {
      return complain("a fill cannot follow arithmetic within one program");
    }
    if (program_.maps == kMaxMaps) return too_many_maps();
    MapInstruction& m = program_.map[program_.maps++];
    m.kind = kind_;
    m.occurrence = static_cast<uint8_t>(occurrence_);
    m.instruction = static_cast<uint8_t>(program_.instructions);
    with_map(kind_, m.args, [&](auto what, auto& to) {
      if constexpr (std::is_same_v<decltype(what), T>) to = args;
    });
  }

  template <class T>
  ValueOp new_op() {
    ValueOp op{};
    op.code = kOpCode<T>;
    if constexpr (T::kNormals) {
      op.occurrence = static_cast<uint8_t>(occurrence_);
      op.kind = static_cast<uint8_t>(kind_);
      op.normals = static_cast<uint8_t>(program_.normal_ops++);
    }
    return op;
  }

  void push(const ValueOp& op) {
    if (error_.empty()) program_.op[program_.ops++] = op;
  }

  void add_fill(const double* v, int count, int8_t& to) {
    const int table = v == nullptr || !error_.empty() ? -1 : reserve(count);
    if (table < 0) return;
    if (program_.fills == kMaxMaps) return too_many_maps();
    for (int c = 0; c < count; ++c) {
      if (std::isnan(v[c])) return complain("fill must not be NaN");
      if (is_wide_integer(type_) && std::fabs(v[c]) >= 0x1p62) {
        return complain(std::string("fill must lie between -2^62 and 2^62 for ") + name_of(type_) +
                        ", got " + text(v[c]));
      }
      program_.bits[table + c] = element_bits(v[c], type_);
      program_.table[table + c] = as_value(program_.bits[table + c]);
    }
    to = static_cast<int8_t>(program_.fills);
    program_.fill[program_.fills++] = {static_cast<int16_t>(table), static_cast<int16_t>(count)};
  }

  // The fill as the chain sees it.
  float as_value(uint64_t bits) const {
    return is_arithmetic(type_) ? read_element(type_, &bits) : 0.0f;
  }

  int64_t next() {
    in_numbers_ = false;
    lists_ = 0;
    return *arguments_++;
  }

  bool fits_channels(const char* argument, int64_t count) {
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
    beyond();
    return nullptr;
  }

  void beyond() { complain("an argument points outside of the list of values"); }

  int reserve(int count) {
    if (count > kMaxValues - table_used_) {
      complain("a program has at most " + std::to_string(kMaxValues) + " values");
      return -1;
    }
    const int at = table_used_;
    table_used_ += count;
    return at;
  }

  void too_many_maps() {
    complain("a program has at most " + std::to_string(kMaxMaps) + " crops, pads and flips");
  }

  int64_t fail(const std::string& problem) {
    if (error_.empty()) error_ = problem;
    return encoded_.code_length;
  }

  static constexpr double kZero = 0.0;

  const EncodedProgram& encoded_;
  const int64_t channels_;
  DType type_;
  Program& program_;
  std::string error_;
  int table_used_ = 0;
  bool makes_infinities_ = false;

  // The instruction at hand.
  Kind kind_{};
  int64_t occurrence_ = 0, count_ = 0;
  const int64_t* arguments_ = nullptr;
  bool in_numbers_ = false;          // the last argument was of a row of numbers
  const double* numbers_ = nullptr;  // the next of them
  int64_t numbers_left_ = 0;
  int64_t list_offset_ = 0, list_count_ = 0, lists_ = 0;  // of a row of channel values
};

}  // namespace

std::string lower(const EncodedProgram& encoded, DType input, DType output, int64_t channels,
                  Program& program) {
  const FloatMode mode;
  return Lowering(encoded, input, channels, program).run(output);
}

std::string lower_maps(const EncodedProgram& encoded, Program& program) {
  const FloatMode mode;
  return Lowering(encoded, DType::f32, kAnyChannels, program).run();
}

}  // namespace seedaug
