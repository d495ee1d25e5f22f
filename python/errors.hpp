#pragma once
#include <pybind11/pybind11.h>

namespace thimble::python {

/// Makes Python's exception classes and turns ours into them:
///   ConfigError (a ValueError; `.issues`: list of dicts file, line, column, key, value, rule), Error (a RuntimeError),
///   DoesNotFitError and BoardError (Errors), Interrupted (a KeyboardInterrupt).
void bind_errors(pybind11::module_& module);

}  // namespace thimble::python
