// seedaug._core: the stream contract for Python and NumPy, without torch.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <vector>

#include "core/shuffle.h"
#include "cpu/float_mode.h"
#include "cpu/kernels.h"
#include "numpy/bit_generator.h"
#include "numpy/threads.h"
#include "numpy/transforms.h"

namespace py = pybind11;

namespace seedaug {
namespace {

constexpr int kMaxKind = 127;

Stream checked_stream(int64_t seed, int64_t low, int64_t high, int kind, int occurrence) {
  const int64_t words[3] = {seed, low, high};
  const PackedKey key = packed_key(words);
  if (!is_packed_key(key))
    throw py::value_error("the key is not a packed key: its block, kind and occurrence must be 0");
  if (kind < 1 || kind > kMaxKind) {
    throw py::value_error("kind must be in [1, 127], got " + std::to_string(kind));
  }
  if (occurrence < 0 || occurrence > kMaxOccurrence) {
    throw py::value_error("occurrence must be in [0, 31], got " + std::to_string(occurrence));
  }
  return stream(key, static_cast<uint32_t>(kind), static_cast<uint32_t>(occurrence));
}

py::tuple evaluate(const std::vector<uint32_t>& counter, const std::vector<uint32_t>& key) {
  if (counter.size() != 4 || key.size() != 2)
    throw py::value_error("philox takes 4 counter words and 2 key words");
  const Block b = philox4x32_10({counter[0], counter[1], counter[2], counter[3]}, {key[0], key[1]});
  return py::make_tuple(b.w0, b.w1, b.w2, b.w3);
}

py::array_t<uint32_t> words(int64_t seed, int64_t low, int64_t high, int kind, int occurrence,
                            int64_t first_block, int64_t count) {
  const Stream from = checked_stream(seed, low, high, kind, occurrence);
  if (first_block < 0 || count < 0 || count > kMaxElements ||
      first_block > (int64_t{1} << 32) - (count + 3) / 4) {
    throw py::value_error("a stream has 2^32 blocks of 4 words; got first_block=" +
                          std::to_string(first_block) + ", n=" + std::to_string(count));
  }
  py::array_t<uint32_t> out(count);
  kernels().words(from, static_cast<uint32_t>(first_block), count, out.mutable_data());
  return out;
}

py::array_t<float> normals(int64_t seed, int64_t low, int64_t high, int kind, int occurrence,
                           int64_t first, int64_t count) {
  const Stream from = checked_stream(seed, low, high, kind, occurrence);
  if (first < 0 || count < 0 || first > kMaxElements || count > kMaxElements - first) {
    throw py::value_error("a stream has 2^34 - 64 elements; got first=" + std::to_string(first) +
                          ", n=" + std::to_string(count));
  }
  py::array_t<float> out(count);
  const FloatMode mode;
  kernels().normals(from, static_cast<uint64_t>(first), count, out.mutable_data());
  return out;
}

py::array_t<int64_t> permutation(uint64_t seed, int64_t epoch, int64_t worker, int64_t n) {
  if (epoch < 0 || epoch > kMaxEpoch)
    throw py::value_error("epoch must be in [0, 2^24), got " + std::to_string(epoch));
  if (worker < 0 || worker > kMaxWorker) {
    throw py::value_error("worker must be in [0, 2^20), got " + std::to_string(worker));
  }
  if (n < 0 || n > kMaxShuffled) {
    throw py::value_error(
        "n must be in [0, 2^32], since a swap's partner comes from a word of 32 bits, got " +
        std::to_string(n));
  }
  const Stream from =
      shuffle_stream(seed, static_cast<uint32_t>(epoch), static_cast<uint32_t>(worker));
  py::array_t<int64_t> result(n);
  int64_t* order = result.mutable_data();
  const py::gil_scoped_release release;
  for (int64_t i = 0; i < n; ++i) order[i] = i;
  constexpr int64_t kPiece = 1024;
  uint32_t drawn[kPiece];
  for (int64_t s = 0; s + 1 < n; ++s) {
    if (s % kPiece == 0) kernels().element_words(from, static_cast<uint64_t>(s), kPiece, drawn);
    std::swap(order[n - 1 - s], order[swap_partner(drawn[s % kPiece], n, s)]);
  }
  return result;
}

py::dict config() {
  py::list available;
  for (const char* const* name = available_isas(); *name != nullptr; ++name)
    available.append(*name);
  py::dict d;
  d["version"] = SEEDAUG_VERSION;
  d["stream_version"] = kStreamVersion;
  d["isa"] = kernels().name;
  d["isas_available"] = available;
#if defined(SEEDAUG_WITH_CUDA)
  d["cuda_built"] = true;
#else
  d["cuda_built"] = false;
#endif
  d["cuda_archs"] = SEEDAUG_CUDA_ARCHS;
  d["torch_built_with"] = SEEDAUG_TORCH_BUILT_WITH;
#if defined(__clang__)
  d["compiler"] = "clang " __clang_version__;
#else
  d["compiler"] = "gcc " __VERSION__;
#endif
  return d;
}

// Generators for NumPy: a capsule that owns the reader, which is quicker to make than a class.

constexpr char kReader[] = "seedaug.StreamReader";

Stream checked_stream(const py::tuple& s) {
  try {
    if (s.size() == 5) {
      return checked_stream(s[0].cast<int64_t>(), s[1].cast<int64_t>(), s[2].cast<int64_t>(),
                            s[3].cast<int>(), s[4].cast<int>());
    }
  } catch (const py::cast_error&) {  // no integer, or one of more bits
  }
  throw py::value_error(
      "a stream is five integers (seed, lo, hi, kind, occurrence), the first three signed and of "
      "64 bits, got " +
      std::string(py::repr(s)));
}

template <class Pointer>
Pointer* pointer_in(const py::object& capsule, const char* name) {
  void* pointer = PyCapsule_GetPointer(capsule.ptr(), name);
  if (pointer == nullptr) throw py::error_already_set();
  return static_cast<Pointer*>(pointer);
}

// Makes the bit generator whose capsule this is draw from a stream, for as long
// as the reader is kept.
py::object read_stream(const py::object& capsule, const py::tuple& stream) {
  auto* generator = pointer_in<BitGenerator>(capsule, "BitGenerator");
  auto reader = std::make_unique<StreamReader>(checked_stream(stream));
  reader->serve(*generator);
  PyObject* made = PyCapsule_New(reader.get(), kReader, [](PyObject* self) {
    delete static_cast<StreamReader*>(PyCapsule_GetPointer(self, kReader));
  });
  if (made == nullptr) throw py::error_already_set();
  reader.release();
  return py::reinterpret_steal<py::object>(made);
}

uint64_t reader_position(const py::object& reader) {
  return pointer_in<StreamReader>(reader, kReader)->position();
}

void move_reader(const py::object& reader, const py::tuple& stream, int64_t position) {
  auto* moved = pointer_in<StreamReader>(reader, kReader);
  const Stream to = checked_stream(stream);
  if (position < 0 || position > kMaxElements) {
    throw py::value_error("position must be in [0, " + std::to_string(kMaxElements) + "], got " +
                          std::to_string(position));
  }
  moved->move_to(to, static_cast<uint64_t>(position));
}

void define_constants(py::module_& m) {
  py::dict kinds;
  for_each_transform(
      [&](auto, const TransformName& one) { kinds[one.kind_name] = static_cast<int>(one.kind); });
#define SEEDAUG_KIND(name, number) kinds[#name] = number;
  SEEDAUG_FOR_EACH_STREAM_KIND(SEEDAUG_KIND)
#undef SEEDAUG_KIND
  m.attr("KINDS") = kinds;
  m.attr("TRANSFORMS") = describe_transforms();
  m.attr("STREAM_VERSION") = kStreamVersion;
  m.attr("PARAM_BLOCKS") = kParameterBlocks;
  m.attr("MAX_EPOCH") = kMaxEpoch;
  m.attr("MAX_WORKER") = kMaxWorker;
  m.attr("MAX_INDEX") = kMaxIndex;
  m.attr("MAX_ELEMENTS") = kMaxElements;
  m.attr("MAX_SHUFFLED") = kMaxShuffled;
  m.attr("USER_KIND_FIRST") = kUserKindFirst;
  m.attr("USER_KIND_LAST") = kUserKindLast;
  m.attr("OCCURRENCES_PER_STAGE") = kOccurrencesPerStage;
  m.attr("MAX_INSTRUCTIONS") = kMaxInstructions;
  m.attr("MAX_MAPS") = kMaxMaps;
  m.attr("MAX_VALUES") = kMaxValues;
}

}  // namespace

PYBIND11_MODULE(_core, m) {
  m.doc() = "The stream contract for Python and NumPy: Philox, streams, the registry of kinds.";
  define_constants(m);
  m.def("config", &config);
  m.def("use_isa", [](const std::string& name) { return use_isa(name.c_str()); });
  m.def("philox", &evaluate, py::arg("counter"), py::arg("key"));
  m.def("words", &words, py::arg("seed"), py::arg("lo"), py::arg("hi"), py::arg("kind"),
        py::arg("occurrence"), py::arg("first_block"), py::arg("n"));
  m.def("normals", &normals, py::arg("seed"), py::arg("lo"), py::arg("hi"), py::arg("kind"),
        py::arg("occurrence"), py::arg("first"), py::arg("n"));
  m.def("permutation", &permutation, py::arg("seed"), py::arg("epoch"), py::arg("worker"),
        py::arg("n"));
  m.def("read_stream", &read_stream, py::arg("capsule"), py::arg("stream"));
  m.def("reader_position", &reader_position, py::arg("reader"));
  m.def("move_reader", &move_reader, py::arg("reader"), py::arg("stream"), py::arg("position"));
  m.def("running_code", &running_code);
}

}  // namespace seedaug
