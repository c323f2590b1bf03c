// The table of transforms that Python encodes, checks, names and documents from.
#pragma once

#include <pybind11/pybind11.h>

namespace seedaug {

// By the name of their kinds, in the registry's order: each a dict (see seedaug/_core.pyi).
pybind11::dict describe_transforms();

}  // namespace seedaug
