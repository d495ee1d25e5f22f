#include "python/bindings.hpp"
#include "python/errors.hpp"

PYBIND11_MODULE(_thimble, module) {
  module.doc() = "Neural architecture search for microcontrollers; see the package thimble.";
  thimble::python::bind_errors(module);
  thimble::python::bind_space(module);
  thimble::python::bind_target(module);
  thimble::python::bind_strategy(module);
}
