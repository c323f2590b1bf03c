#include "numpy/transforms.h"

#include "program/program.h"

namespace py = pybind11;

namespace seedaug {
namespace {

// Hears of arguments and of what is drawn.
struct Describer {
  py::list found;

  py::dict add(const char* name, const char* type) {
    py::dict one;
    one["name"] = name;
    one["type"] = type;
    one["additive"] = false;
    found.append(one);
    return one;
  }
  void integer(const char* name, int32_t&, int64_t least, int64_t most) {
    py::dict one = add(name, "integer");
    one["least"] = least;
    one["most"] = most;
  }
  template <class T, int N>
  void choice(const char* name, T&, const Choices<N>& choices) {
    py::list names;
    for (const char* choice : choices.name) names.append(choice);
    add(name, "choice")["choices"] = py::tuple(names);
  }
  void flag(const char* name, bool&) { add(name, "flag"); }
  void number(const char* name, double&) { add(name, "number"); }
  void probability(const char* name, uint64_t&) { add(name, "probability"); }
  void channel_values(const char* name, ChannelValues&, Role role = Role::plain) {
    add(name, "channel_values")["additive"] = role == Role::additive;
  }
  void fill(int8_t&) { add("fill", "fill")["additive"] = true; }
  void zero_fill(int8_t&) {}
};

struct FieldNames {
  py::list found;
  void unused() { found.append(py::make_tuple("", "unused")); }
  void integer(const char* name, int32_t) { found.append(py::make_tuple(name, "integer")); }
  void flag(const char* name, bool) { found.append(py::make_tuple(name, "flag")); }
};

constexpr const char* kSizeRules[] = {"same", "padded", "cropped"};
constexpr const char* kSlopes[] = {"one", "a", "none"};
constexpr const char* kResults[] = {"same", "floats", "chosen"};

}  // namespace

py::dict describe_transforms() {
  py::dict transforms;
  for_each_transform([&](auto what, const TransformName& names) {
    using T = decltype(what);
    Describer arguments;
    typename T::Args args{};
    T::arguments(arguments, args);
    py::dict one;
    one["kind"] = static_cast<int>(names.kind);
    one["class_name"] = names.class_name;
    one["draws"] = T::kDraws;
    one["arguments"] = py::tuple(arguments.found);
    FieldNames fields;
    if constexpr (kIsMap<T>) {
      typename T::Drawn drawn{};
      T::fields(fields, drawn);
      one["op_class"] = "index_map";
      one["result"] = kResults[static_cast<int>(ResultType::same)];
      one["size"] = kSizeRules[static_cast<int>(T::kSize)];
    } else {
      one["op_class"] = "value_op";
      one["size"] = kSizeRules[static_cast<int>(SizeRule::same)];
      one["result"] = kResults[static_cast<int>(T::kResult)];
      one["slope"] = kSlopes[static_cast<int>(T::kSlope)];
      one["normals"] = T::kNormals;
    }
    one["drawn"] = py::tuple(fields.found);
    transforms[names.kind_name] = one;
  });
  return transforms;
}

}  // namespace seedaug
