#include <pybind11/stl.h>

#include "python/bindings.hpp"
#include "python/fit_binding.hpp"
#include "search/strategy/evolution.hpp"
#include "search/strategy/random_search.hpp"
#include "search/strategy/space_optimizer.hpp"

namespace py = pybind11;

namespace thimble::python {
namespace {

using Metrics = std::map<std::string, double>;
/// A subnet and its metrics; None instead of metrics: it was rejected.
using Answer = std::pair<Subnet, std::optional<Metrics>>;

Candidate candidate_of(const Answer& answer) {
  Candidate candidate{answer.first, {}, {}};
  if (!answer.second) candidate.rejected = "rejected by the caller";
  for (const auto& [name, value] : answer.second.value_or(Metrics{})) candidate.metrics[name] = {value};
  return candidate;
}

template <class SomeStrategy>
void tell(SomeStrategy& strategy, const std::vector<Answer>& answers) {
  std::vector<Candidate> candidates;
  for (const Answer& answer : answers) candidates.push_back(candidate_of(answer));
  strategy.tell(candidates);
}

/// {"top1": "max", "macs": "min"}, in the dict's order.
std::vector<Objective> objectives_from(const py::dict& directions) {
  std::vector<Objective> objectives;
  for (const auto& [name, direction] : directions) {
    const auto word = direction.cast<std::string>();
    if (word != "max" && word != "min")
      throw py::value_error("objectives: \"" + word + "\" must be \"max\" or \"min\"");
    objectives.push_back({name.cast<std::string>(), word == "max" ? Direction::kMaximize : Direction::kMinimize});
  }
  if (objectives.empty()) throw py::value_error("objectives must name at least one metric");
  return objectives;
}

std::unique_ptr<Evolution> make_evolution(const SearchSpace& space, const py::object& fits, const py::dict& objectives,
                                          int population, int parents, double mutation_share,
                                          double mutation_probability, double outer_mutation_probability,
                                          std::uint64_t seed) {
  if (population < 1 || parents < 1) throw py::value_error("population and parents must be at least 1");
  EvolutionConfig config;
  config.population = population;
  config.parents = parents;
  config.mutation_share = mutation_share;
  config.mutation_probability = mutation_probability;
  config.outer_mutation_probability = outer_mutation_probability;
  config.objectives = objectives_from(objectives);
  config.seed = seed;
  return std::make_unique<Evolution>(space, config, fit_check_from(fits));
}

std::unique_ptr<RandomSearch> make_random_search(const SearchSpace& space, const py::object& fits, int population,
                                                 std::uint64_t seed) {
  if (population < 1) throw py::value_error("population must be at least 1");
  RandomSearchConfig config;
  config.population = population;
  config.seed = seed;
  return std::make_unique<RandomSearch>(space, config, fit_check_from(fits));
}

std::vector<SpaceScore> rank(const SearchSpace& space, const py::object& fits, int samples, std::uint64_t seed,
                             int threads) {
  const FitCheck check = fit_check_from(fits);
  SpaceOptimizerOptions options;
  options.samples = samples;
  options.seed = seed;
  options.threads = threads;
  const py::gil_scoped_release no_gil;
  return rank_spaces(space, check, options);
}

std::vector<std::pair<std::int64_t, double>> cdf_pairs(const SpaceScore& score, int points) {
  std::vector<std::pair<std::int64_t, double>> pairs;
  for (const CdfPoint& point : cdf(score, points)) pairs.emplace_back(point.macs, point.share);
  return pairs;
}

std::vector<std::size_t> front_of(const std::vector<Metrics>& rows, const py::dict& directions) {
  const std::vector<Objective> objectives = objectives_from(directions);
  std::vector<Point> points;
  for (const Metrics& row : rows) points.push_back(point_of(candidate_of({{}, row}), objectives));
  return pareto_front(points);
}

void bind_space_optimizer(py::module_& module) {
  py::class_<SpaceScore>(module, "SpaceScore", "The subnets at one resolution and width multiplier.")
      .def_readonly("resolution", &SpaceScore::resolution)
      .def_readonly("width_multiplier", &SpaceScore::width_multiplier)
      .def_readonly("samples", &SpaceScore::samples)
      .def_property_readonly("share", &SpaceScore::share, "of the samples that fit")
      .def_readonly("mean_macs", &SpaceScore::mean_macs, "of the samples that fit")
      .def("cdf", &cdf_pairs, py::arg("points") = 50, "(MACs, share of those that fit with at most so many)");
  module.def("rank_spaces", &rank, py::arg("space"), py::arg("fits") = py::none(), py::arg("samples") = 1000,
             py::arg("seed") = 1, py::arg("threads") = 1,
             "MCUNet's space optimisation: every resolution and width, best first by the mean MACs of what fits.");
  module.def(
      "prune", &prune, py::arg("space"), py::arg("ranking"), py::arg("keep") = 4,
      "The space with the resolutions and widths of the `keep` best scores; DoesNotFitError where nothing fits.");
}

}  // namespace

void bind_strategy(py::module_& module) {
  bind_space_optimizer(module);
  constexpr const char* kTell =
      "Answers as (subnet, metrics) pairs, metrics a dict of numbers; None instead of it rejects the subnet.";
  py::class_<Evolution>(module, "Evolution", "Evolution under limits, for one objective or several (NSGA-II).")
      .def(py::init(&make_evolution), py::arg("space"), py::arg("fits") = py::none(),
           py::arg("objectives") = py::dict(py::arg("top1") = "max"), py::arg("population") = 100,
           py::arg("parents") = 20, py::arg("mutation_share") = 0.5, py::arg("mutation_probability") = 0.1,
           py::arg("outer_mutation_probability") = 0.1, py::arg("seed") = 1)
      .def("ask", &Evolution::ask, py::call_guard<py::gil_scoped_release>(),
           "The next generation; no subnet is asked for twice.")
      .def("tell", &tell<Evolution>, py::arg("answers"), kTell);
  py::class_<RandomSearch>(module, "RandomSearch", "Uniform samples that meet the limits.")
      .def(py::init(&make_random_search), py::arg("space"), py::arg("fits") = py::none(), py::arg("population") = 100,
           py::arg("seed") = 1)
      .def("ask", &RandomSearch::ask, py::call_guard<py::gil_scoped_release>())
      .def("tell", &tell<RandomSearch>, py::arg("answers"), kTell);
  module.def("pareto_front", &front_of, py::arg("metrics"), py::arg("objectives"),
             "Indices of the dicts that no other dominates, e.g. for objectives {'top1': 'max', 'macs': 'min'}.");
}

}  // namespace thimble::python
