#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "deploy/inspection.hpp"
#include "evaluators/fit_check.hpp"
#include "graph/base/error.hpp"
#include "python/bindings.hpp"
#include "python/fit_binding.hpp"

namespace py = pybind11;

namespace thimble::python {
namespace {

/// A board's code sizes, and what a subnet needs there.
class TargetFacts {
 public:
  TargetFacts(const std::string& cpu, const std::filesystem::path& cache) {
    Target target;
    target.cpu = cpu;
    inventory_ = measure_code(target, cache);
  }

  Inspection inspect_subnet(const SearchSpace& space, const Subnet& subnet) const {
    return inspect(to_graph(space, subnet), inventory_);
  }

  FitCheck fit_check(const SearchSpace& space, const Limits& limits) const {
    const auto planner = std::make_shared<SubnetPlanner>(space, inventory_);
    return [planner, check = thimble::fit_check(*planner, limits)](const Subnet& subnet) { return check(subnet); };
  }

 private:
  CodeInventory inventory_;
};

py::dict layer_facts(const LayerInspection& layer) {
  py::dict facts;
  facts["name"] = layer.name;
  facts["op"] = layer.op;
  facts["macs"] = layer.macs;
  py::list arena;
  for (const ArenaRange& range : layer.arena) arena.append(py::make_tuple(range.begin, range.end));
  facts["arena"] = arena;
  facts["scratch_bytes"] = layer.scratch_bytes;
  facts["kernel"] = layer.kernel;
  return facts;
}

/// The keys of `thimble inspect --json`.
py::dict facts_of(const Inspection& inspection) {
  py::dict facts, flash;
  const Footprint& size = inspection.size;
  facts["macs"] = inspection.macs;
  facts["params"] = inspection.params;
  facts["arena_bytes"] = size.arena_bytes;
  facts["arena_lower_bound_bytes"] = inspection.arena_lower_bound_bytes;
  facts["peak_sram_bytes"] = size.peak_sram_bytes();
  flash["weights"] = size.weight_bytes;
  flash["code"] = size.code_bytes;
  flash["total"] = size.flash_bytes();
  facts["flash_bytes"] = flash;
  py::list layers;
  for (const LayerInspection& layer : inspection.layers) layers.append(layer_facts(layer));
  facts["layers"] = layers;
  facts["unsupported"] = inspection.unsupported;
  return facts;
}

}  // namespace

void bind_target(py::module_& module) {
  bind_fit(module);
  py::class_<TargetFacts>(module, "Target",
                          "What the firmware of a subnet needs on a Cortex-M core, without running it.")
      .def(py::init<const std::string&, const std::filesystem::path&>(), py::arg("cpu") = "cortex-m4",
           py::arg("cache") = "",
           "Compiles the kernels with arm-none-eabi-gcc to learn their sizes, or takes them from the cache folder.")
      .def(
          "inspect",
          [](const TargetFacts& target, const SearchSpace& space, const Subnet& subnet) {
            return facts_of(target.inspect_subnet(space, subnet));
          },
          py::arg("space"), py::arg("subnet"),
          "Arena, SRAM and flash in bytes, MACs and layers: the keys of `thimble inspect --json`.")
      .def(
          "fits",
          [](const TargetFacts& target, const SearchSpace& space, double sram_kb, double flash_kb) {
            return NativeFitCheck{target.fit_check(space, {sram_kb, flash_kb, 0})};
          },
          py::arg("space"), py::arg("sram_kb") = 0.0, py::arg("flash_kb") = 0.0,
          "A check of subnets against limits (1 KB = 1024 bytes; 0: no limit), for rank_spaces and the strategies.");
}

}  // namespace thimble::python
