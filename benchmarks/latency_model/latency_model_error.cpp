// latency_model_error [--board B] [--space FILE] [--training N] [--held-out N] [--parallel N] [--seed S] [--cache
// FOLDER]
//                     [--json]
//
// How far the latency model is off: random subnets of a space are measured, the model is fitted to some of them, and
// predicts the others, whose plans were never in a fit. Measurements are kept in the cache folder: what was measured
// before is not run again.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "benchmarks/arguments.hpp"
#include "evaluators/board_planner.hpp"
#include "evaluators/latency_survey.hpp"
#include "graph/base/error.hpp"

using namespace thimble;
namespace fs = std::filesystem;

namespace {

struct Options {
  int training = 400, held_out = 200, parallel = 2;
  std::uint64_t seed = 1;
  std::string board = "virtual-m4", space = "configs/spaces/mcunet.yaml";
  fs::path cache = "runs/.cache";
  bool json = false;
};

struct Survey {
  std::vector<ProbedPlan> held_out, training;
  Measurement provenance;  ///< what all of them have in common
};

Survey survey(const Options& options) {
  const Board board = load_board(options.board);
  fs::create_directories(options.cache);
  const SubnetPlanner planner =
      board_planner(load_space(options.space), board, "speed", memory_limits(board), options.cache);
  std::vector<std::unique_ptr<Probe>> probes;
  for (int i = 0; i < options.parallel; ++i) probes.push_back(make_probe(board));
  SurveyOptions wanted{.subnets = options.held_out + options.training, .seed = options.seed};
  wanted.limits = {1.0 * board.ram_size_kb, 1.0 * board.flash_size_kb, 0};
  wanted.run = survey_runs(board);
  wanted.progress = [&](int measured) {
    if (measured % 20 == 0 || measured == wanted.subnets)
      std::fprintf(stderr, "%d of %d networks\n", measured, wanted.subnets);
  };
  Survey result;
  for (SurveyedSubnet& one : survey_latency(planner, probes, options.cache / "measurements.sqlite", wanted)) {
    const bool held = static_cast<int>(result.held_out.size()) < options.held_out;
    (held ? result.held_out : result.training).push_back(std::move(one.probed));
  }
  if (result.held_out.empty() || result.training.empty()) throw Error(options.space + ": has too few subnets");
  result.provenance = result.held_out.front().measurement;
  return result;
}

/// Layers of the held-out networks that have the same form.
struct FormErrors {
  std::vector<double> errors;  ///< of the fitted model, signed, of each layer of a shape that was not measured
  int layers = 0, in_table = 0;
  double cycles = 0;
};

std::map<std::string, FormErrors> form_errors(const LatencyModel& model, const std::vector<ProbedPlan>& unseen) {
  std::map<std::string, FormErrors> forms;
  for (const ProbedPlan& one : unseen)
    for (std::size_t i = 0; i < one.plan.layers.size(); ++i) {
      const ProbeLayer& layer = one.plan.layers[i];
      const auto cycles = static_cast<double>(one.measurement.layers[i].cycles);
      FormErrors& form = forms[latency_terms(layer).form];
      ++form.layers;
      form.cycles += cycles;
      if (model.has_measured(layer))
        ++form.in_table;
      else
        form.errors.push_back(model.fitted(layer) / cycles - 1);
    }
  return forms;
}

/// Whole networks, with the table left out: all layers as the linear models say.
PredictionError fitted_only(const LatencyModel& model, const std::vector<ProbedPlan>& unseen) {
  LatencyParameters parameters = model.parameters();
  parameters.table.clear();
  return prediction_error(LatencyModel(std::move(parameters)), unseen);
}

nlohmann::json percent(const PredictionError& e) {
  return {{"median_error_percent", 100 * e.median},
          {"mean_error_percent", 100 * e.mean},
          {"percentile_90_error_percent", 100 * e.percentile_90},
          {"worst_error_percent", 100 * e.worst},
          {"bias_percent", 100 * e.bias}};
}

nlohmann::json facts_of(const Options& options, const Survey& survey) {
  const LatencyModel model = LatencyModel::fit(survey.training);
  nlohmann::json facts = percent(prediction_error(model, survey.held_out));
  facts["networks"] = survey.held_out.size();
  facts["training_networks"] = survey.training.size();
  facts["training_shapes"] = model.parameters().table.size();
  facts["without_table"] = percent(fitted_only(model, survey.held_out));
  facts["cross_validation"] = percent(cross_validate(survey.training));
  double cycles = 0;
  for (const ProbedPlan& one : survey.held_out) cycles += static_cast<double>(one.measurement.cycles);
  nlohmann::json forms = nlohmann::json::array();
  for (auto& [name, form] : form_errors(model, survey.held_out)) {
    nlohmann::json row = form.errors.empty() ? nlohmann::json::object() : percent(prediction_error(form.errors));
    row.update({{"form", name},
                {"layers", form.layers},
                {"in_table", form.in_table},
                {"cycles_percent", 100 * form.cycles / cycles}});
    forms.push_back(row);
  }
  facts["layers"] = forms;
  const Measurement& m = survey.provenance;
  facts.update({{"board", m.board},
                {"space", options.space},
                {"provenance", to_text(m.provenance)},
                {"clock_hz", m.clock_hz},
                {"kernel_library_version", m.kernel_library_version},
                {"compiler", m.compiler}});
  return facts;
}

void print(const nlohmann::json& f) {
  const auto line = [](const char* what, const nlohmann::json& e) {
    std::printf("%-34s median %.4f %%, mean %.4f %%, 90th percentile %.4f %%, worst %.4f %%\n", what,
                e["median_error_percent"].get<double>(), e["mean_error_percent"].get<double>(),
                e["percentile_90_error_percent"].get<double>(), e["worst_error_percent"].get<double>());
  };
  std::printf("%s, %s, cycles %s; fitted to %d networks (%d shapes of layers), %d held out\n",
              f["board"].get<std::string>().c_str(), f["space"].get<std::string>().c_str(),
              f["provenance"].get<std::string>().c_str(), f["training_networks"].get<int>(),
              f["training_shapes"].get<int>(), f["networks"].get<int>());
  line("held-out networks", f);
  line("the same without the table", f["without_table"]);
  line("cross-validated on the training", f["cross_validation"]);
  std::printf("\n%-28s %7s %9s %7s   layers of shapes that were not measured\n", "layers of held-out networks",
              "layers", "in table", "cycles");
  for (const nlohmann::json& row : f["layers"]) {
    std::printf("%-28s %7d %9d %6.2f%%", row["form"].get<std::string>().c_str(), row["layers"].get<int>(),
                row["in_table"].get<int>(), row["cycles_percent"].get<double>());
    if (row.contains("mean_error_percent"))
      std::printf("   mean %.3f %%, worst %.2f %%", row["mean_error_percent"].get<double>(),
                  row["worst_error_percent"].get<double>());
    std::printf("\n");
  }
}

Options options_of(int argc, char** argv) {
  Options options;
  const auto count = [](int& to) { return [&to](const std::string& value) { to = std::max(1, std::stoi(value)); }; };
  read_arguments(argc, argv,
                 {.options = {{"--board", [&](const std::string& value) { options.board = value; }},
                              {"--space", [&](const std::string& value) { options.space = value; }},
                              {"--training", count(options.training)},
                              {"--held-out", count(options.held_out)},
                              {"--parallel", count(options.parallel)},
                              {"--seed", [&](const std::string& value) { options.seed = std::stoull(value); }},
                              {"--cache", [&](const std::string& value) { options.cache = value; }}},
                  .flags = {{"--json", &options.json}},
                  .word = {}});
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = options_of(argc, argv);
    const nlohmann::json facts = facts_of(options, survey(options));
    if (options.json)
      std::printf("%s\n", facts.dump(1).c_str());
    else
      print(facts);
    return 0;
  } catch (const BoardError& error) {
    std::fprintf(stderr, "latency_model_error: %s\n", error.what());
    return 4;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "latency_model_error: %s\n", error.what());
    return 2;
  }
}
