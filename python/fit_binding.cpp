#include "python/fit_binding.hpp"

#include <memory>

namespace py = pybind11;

namespace thimble::python {
namespace {

Fit fit_from(const py::object& answer) {
  if (py::isinstance<Fit>(answer)) return answer.cast<Fit>();
  const int truth = PyObject_IsTrue(answer.ptr());
  if (truth < 0) throw py::error_already_set();
  return truth ? Fit{} : Fit{1, "the caller's check says no"};
}

}  // namespace

void bind_fit(py::module_& module) {
  py::class_<Fit>(module, "Fit", "Whether limits are met: excess is the largest overrun as a share of its limit.")
      .def(py::init([](double excess, const std::string& reason) {
             return Fit{excess, reason};
           }),
           py::arg("excess") = 0.0, py::arg("reason") = "")
      .def_readonly("excess", &Fit::excess)
      .def_readonly("reason", &Fit::reason)
      .def("__bool__", &Fit::holds)
      .def("__repr__", [](const Fit& fit) { return fit.holds() ? "Fit()" : "Fit(excess, '" + fit.reason + "')"; });

  py::class_<NativeFitCheck>(module, "FitCheck", "Whether a subnet fits a target; call it, or give it to a strategy.")
      .def("__call__", [](const NativeFitCheck& native, const Subnet& subnet) { return native.check(subnet); });
}

FitCheck fit_check_from(const py::object& given) {
  if (given.is_none()) return [](const Subnet&) { return Fit{}; };
  if (py::isinstance<NativeFitCheck>(given)) return given.cast<const NativeFitCheck&>().check;
  if (!PyCallable_Check(given.ptr())) throw py::type_error("fits must be None, a FitCheck or a callable");
  const auto callable = std::make_shared<py::object>(given);
  return [callable](const Subnet& subnet) {
    const py::gil_scoped_acquire gil;
    return fit_from((*callable)(subnet));
  };
}

}  // namespace thimble::python
