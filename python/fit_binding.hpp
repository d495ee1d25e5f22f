#pragma once
#include <pybind11/pybind11.h>

#include "search/space/fit.hpp"

namespace thimble::python {

/// A check that runs without Python: what `Target.fits` returns.
struct NativeFitCheck {
  FitCheck check;
};

/// Fit and FitCheck.
void bind_fit(pybind11::module_& module);

/// What a Python caller may give as a check: None (everything fits), a FitCheck, or a callable that takes a Subnet and
/// returns a Fit or something that is true or false. It takes the GIL where it needs it.
/// @error pybind11::type_error  it is none of these
FitCheck fit_check_from(const pybind11::object& given);

}  // namespace thimble::python
