#include "python/errors.hpp"

#include "graph/base/error.hpp"

namespace py = pybind11;

namespace thimble::python {
namespace {

/// The exception classes, kept alive by the module that holds them.
struct Classes {
  PyObject* config_error = nullptr;
  PyObject* error = nullptr;
  PyObject* does_not_fit_error = nullptr;
  PyObject* board_error = nullptr;
  PyObject* interrupted = nullptr;
};
Classes classes;

PyObject* make_class(py::module_& module, const char* name, PyObject* base, const char* documentation) {
  const std::string full_name = "thimble." + std::string(name);
  PyObject* made = PyErr_NewExceptionWithDoc(full_name.c_str(), documentation, base, nullptr);
  if (!made) throw py::error_already_set();
  module.add_object(name, py::reinterpret_steal<py::object>(made));
  return made;
}

py::dict facts_of(const ConfigIssue& issue) {
  py::dict facts;
  facts["file"] = issue.file;
  facts["line"] = issue.line;
  facts["column"] = issue.column;
  facts["key"] = issue.key;
  facts["value"] = issue.value;
  facts["rule"] = issue.rule;
  return facts;
}

void raise_config_error(const ConfigError& error) {
  py::list issues;
  for (const ConfigIssue& issue : error.issues()) issues.append(facts_of(issue));
  py::object raised = py::reinterpret_borrow<py::object>(classes.config_error)(error.what());
  raised.attr("issues") = issues;
  PyErr_SetObject(classes.config_error, raised.ptr());
}

void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const ConfigError& e) {
    raise_config_error(e);
  } catch (const DoesNotFitError& e) {
    PyErr_SetString(classes.does_not_fit_error, e.what());
  } catch (const BoardError& e) {
    PyErr_SetString(classes.board_error, e.what());
  } catch (const Interrupted& e) {
    PyErr_SetString(classes.interrupted, e.what());
  } catch (const Error& e) {
    PyErr_SetString(classes.error, e.what());
  }
}

}  // namespace

void bind_errors(py::module_& module) {
  classes.config_error = make_class(module, "ConfigError", PyExc_ValueError,
                                    "Something is wrong with a file or an argument; `issues` lists everything.");
  classes.error = make_class(module, "Error", PyExc_RuntimeError, "Something outside the program failed.");
  classes.does_not_fit_error = make_class(module, "DoesNotFitError", classes.error, "Nothing meets the limits.");
  classes.board_error = make_class(module, "BoardError", classes.error, "A board, its probe or its emulator failed.");
  classes.interrupted = make_class(module, "Interrupted", PyExc_KeyboardInterrupt, "Stopped; what was done is kept.");
  py::register_exception_translator(translate);
}

}  // namespace thimble::python
