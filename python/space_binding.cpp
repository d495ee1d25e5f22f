#include <pybind11/operators.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "graph/base/error.hpp"
#include "python/bindings.hpp"
#include "search/space/subnet.hpp"

namespace py = pybind11;

namespace thimble::python {
namespace {

std::vector<std::vector<std::pair<int, int>>> stages_of(const Subnet& subnet) {
  std::vector<std::vector<std::pair<int, int>>> stages;
  for (const auto& blocks : subnet.stages) {
    auto& stage = stages.emplace_back();
    for (const BlockChoice& block : blocks) stage.emplace_back(block.kernel_size, block.expansion_ratio);
  }
  return stages;
}

Subnet parse(const SearchSpace& space, const std::string& text) {
  auto subnet = parse_subnet(text, space);
  if (!subnet) throw ConfigError({{"", 0, 0, "subnet", text, subnet.error()}});
  return *subnet;
}

py::dict layer_facts(const Graph& graph, const Operator& op) {
  py::dict facts;
  facts["name"] = op.name;
  facts["op"] = to_text(op.type);
  facts["macs"] = macs(graph, op);
  facts["output_shape"] = graph.tensor(op.outputs.at(0)).shape;
  return facts;
}

py::list layers_of(const SearchSpace& space, const Subnet& subnet) {
  const Graph graph = to_graph(space, subnet);
  py::list layers;
  for (const Operator& op : graph.operators) layers.append(layer_facts(graph, op));
  return layers;
}

void bind_subnet(py::module_& module) {
  py::class_<Subnet>(module, "Subnet", "One network of a space. Equal subnets are equal networks; str() is stable.")
      .def_readonly("resolution", &Subnet::resolution)
      .def_readonly("width_multiplier", &Subnet::width_multiplier)
      .def_property_readonly("stages", &stages_of, "[stage][block] -> (kernel size, expansion ratio)")
      .def("__str__", [](const Subnet& subnet) { return to_text(subnet); })
      .def("__repr__", [](const Subnet& subnet) { return "Subnet('" + to_text(subnet) + "')"; })
      .def("__hash__", [](const Subnet& subnet) { return py::hash(py::str(to_text(subnet))); })
      .def(py::self == py::self);
}

}  // namespace

void bind_space(py::module_& module) {
  bind_subnet(module);
  py::class_<SearchSpace>(module, "Space", "A family of subnets: resolutions, widths, and the choices of every stage.")
      .def_static(
          "load", [](const std::filesystem::path& file) { return load_space(file.string()); }, py::arg("file"),
          "Reads a space file; ConfigError lists everything that is wrong with it.")
      .def_readonly("name", &SearchSpace::name)
      .def_readonly("classes", &SearchSpace::classes)
      .def_readonly("resolutions", &SearchSpace::resolutions)
      .def_readonly("width_multipliers", &SearchSpace::width_multipliers)
      .def_property_readonly("log10_size", &log10_size, "log10 of the number of subnets")
      .def(
          "sample",
          [](const SearchSpace& space, std::uint64_t seed) {
            Rng rng({seed});
            return sample(space, rng);
          },
          py::arg("seed"), "A uniform sample; the same for the same seed.")
      .def("largest", &largest)
      .def("smallest", &smallest)
      .def("parse", &parse, py::arg("text"), "The subnet of its text form; ConfigError says why there is none.")
      .def("macs", py::overload_cast<const SearchSpace&, const Subnet&>(&macs), py::arg("subnet"))
      .def("params", py::overload_cast<const SearchSpace&, const Subnet&>(&params), py::arg("subnet"))
      .def("layers", &layers_of, py::arg("subnet"), "One dict per operator: name, op, macs, output_shape.")
      .def("__repr__", [](const SearchSpace& space) { return "Space('" + space.name + "')"; });
}

}  // namespace thimble::python
