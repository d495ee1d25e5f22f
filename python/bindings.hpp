#pragma once
#include <pybind11/pybind11.h>

namespace thimble::python {

void bind_space(pybind11::module_& module);     ///< Space, Subnet
void bind_target(pybind11::module_& module);    ///< Fit, Target
void bind_strategy(pybind11::module_& module);  ///< SpaceScore, Evolution, RandomSearch, fronts

}  // namespace thimble::python
