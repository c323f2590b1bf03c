// What the threads of this process are running.
#pragma once

#include <pybind11/pybind11.h>

namespace seedaug {

// {thread: [code object, ...]}, innermost first, of every thread but the one that asks.
pybind11::dict running_code();

}  // namespace seedaug
