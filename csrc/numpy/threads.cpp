#include "numpy/threads.h"

namespace py = pybind11;

namespace seedaug {
namespace {

// The collector may run Python code, and so let other threads go on.
class WithoutCollector {
 public:
  WithoutCollector() : was_on_(PyGC_Disable()) {}
  ~WithoutCollector() {
    if (was_on_ != 0) PyGC_Enable();
  }
  WithoutCollector(const WithoutCollector&) = delete;
  WithoutCollector& operator=(const WithoutCollector&) = delete;

 private:
  const int was_on_;
};

}  // namespace

// From beginning to end the interpreter's lock is held, and no frame is kept: frames of a thread
// that has gone on meanwhile are linked anew by CPython, and to read them then (f_back, from
// Python) has crashed 3.11.
py::dict running_code() {
  const WithoutCollector uninterrupted;
  const unsigned long self = PyThread_get_thread_ident();
  py::dict found;
  const py::dict frames = py::module_::import("sys").attr("_current_frames")();
  for (const auto& [thread, innermost] : frames) {
    if (thread.cast<unsigned long>() == self) continue;
    py::list codes;
    auto frame = py::reinterpret_borrow<py::object>(innermost);
    while (frame) {
      auto* at = reinterpret_cast<PyFrameObject*>(frame.ptr());
      codes.append(
          py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(PyFrame_GetCode(at))));
      frame = py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(PyFrame_GetBack(at)));
    }
    found[thread] = codes;
  }
  return found;
}

}  // namespace seedaug
