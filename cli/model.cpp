#include "cli/model.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/deploy_stage.hpp"
#include "cli/known_answers.hpp"
#include "cli/quantized_subnet.hpp"
#include "cli/reference_answers.hpp"
#include "cli/space_stage.hpp"
#include "cli/sweep/finished_sweep.hpp"
#include "cli/train_stage.hpp"
#include "deploy/quantize.hpp"
#include "deploy/random_weights.hpp"
#include "deploy/simplify/crop_windows.hpp"
#include "graph/base/hash.hpp"
#include "graph/base/rng.hpp"
#include "graph/tflite_import.hpp"
#include "search/space/network_config.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace thimble {
namespace {

constexpr std::uint32_t kRandomCases = 8;
constexpr const char* kCacheFolder = "runs/.cache";

[[noreturn]] void refuse(const std::string& spec, const std::string& rule) {
  throw ConfigError({{"", 0, 0, "MODEL", spec, rule}});
}

/// Whole inputs of pseudo-random bytes (xorshift32, seeds 1, 2, ...).
std::vector<std::int8_t> random_inputs(std::int64_t bytes, std::uint32_t cases = kRandomCases) {
  std::vector<std::int8_t> inputs;
  for (std::uint32_t seed = 1; seed <= cases; ++seed) {
    std::uint32_t x = seed;
    for (std::int64_t i = 0; i < bytes; ++i) {
      x ^= x << 13, x ^= x >> 17, x ^= x << 5;
      inputs.push_back(static_cast<std::int8_t>(x));
    }
  }
  return inputs;
}

Model model_of_file(const std::string& file) {
  Model model{.name = fs::path(file).filename().string()};
  auto imported = load_tflite(file);
  if (!imported) {
    for (const auto& item : imported.error().items) model.unsupported.push_back(to_text(item));
    return model;
  }
  model.graph = std::move(*imported);
  Simplified simpler = simplify(model.graph);
  model.deployed = std::move(simpler.graph);
  model.simplified = std::move(simpler.report);
  const std::int64_t elements = model.graph.tensor(model.graph.inputs.front()).elements();
  model.answers = reference_answers(model.graph, random_inputs(elements));
  return model;
}

/// The run's pruned space with the weights of its training.
Supernet supernet_of(JobContext& context) {
  const json facts = read_json(context.run().space());
  if (facts.is_null() || !fs::exists(context.run().training()))
    refuse(context.run().path(), "has no trained supernet yet");
  return trained_supernet(context.run(), pruned_space(context.job().search_space, facts));
}

Model model_of_run(const std::string& folder, const std::string& subnet_text) {
  RunDirectory run = RunDirectory::open(folder);
  if (is_sweep(run)) return model_of_sweep(run, subnet_text);
  const json front = read_json(run.front_json());
  const Job job = load_job_of(run);
  JobContext context(job, std::move(run));
  const Supernet supernet = supernet_of(context);
  const bool has_winner = !front.is_null() && !front["winner"].is_null();
  if (subnet_text.empty() && !has_winner) refuse(folder, "has no winner yet; name a subnet: RUN:SUBNET");
  const std::string text = subnet_text.empty() ? front["winner"]["subnet"].get<std::string>() : subnet_text;
  const auto subnet = parse_subnet(text, supernet.space());
  if (!subnet) refuse(text, subnet.error());
  const bool is_winner = has_winner && front["winner"]["subnet"] == text;
  const Supernet weights = is_winner ? fine_tuned(context, supernet, *subnet) : supernet;
  const ImageSet& test = context.data().test;
  SubnetAccuracy accuracy(weights, context.data().train, test, job.search.calibration);
  Model model{.name = text, .graph = quantize_subnet(context, accuracy, *subnet).int8_graph};
  model.deployed = with_cropped_windows(model.graph);
  model.class_names = test.class_names;
  model.answers = known_answers(model.graph, test, job.deploy.known_answers, job.threads);
  return model;
}

}  // namespace

Model load_model(const std::string& spec) {
  if (spec.ends_with(".tflite")) {
    if (!fs::exists(spec)) refuse(spec, "no such file");
    return model_of_file(spec);
  }
  if (spec.ends_with(".json")) {
    if (!fs::exists(spec)) refuse(spec, "no such file");
    return with_random_weights(load_network_config(spec));
  }
  const std::size_t colon = spec.rfind(':');
  const std::string folder = spec.substr(0, colon);
  if (!fs::is_directory(folder))
    refuse(spec,
           "must be a .tflite file, a network configuration (.json), or a run as RUN or RUN:SUBNET; there is none");
  return model_of_run(folder, colon == std::string::npos ? "" : spec.substr(colon + 1));
}

void Model::require_imported() const {
  std::string problems;
  for (const std::string& line : unsupported) problems += "\n  " + line;
  if (!problems.empty()) throw DoesNotFitError(name + " cannot be planned:" + problems);
}

Model with_random_weights(Graph graph) {
  constexpr std::uint64_t kSeed = 1;
  constexpr int kCalibrationInputs = 4, kCases = 2;
  fill_random_weights(graph, kSeed);
  const std::int64_t elements = graph.tensor(graph.inputs.front()).elements();
  std::vector<std::vector<float>> inputs(kCalibrationInputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Rng rng({kSeed, i, 1});
    for (std::int64_t k = 0; k < elements; ++k) inputs[i].push_back(static_cast<float>(rng.uniform(-1, 0.99)));
  }
  Model model{.name = graph.name, .graph = quantize(graph, inputs)};
  model.deployed = with_cropped_windows(model.graph);
  model.answers = reference_answers(model.graph, random_inputs(elements, kCases));
  return model;
}

PlannedSubnet plan_model(const Model& model, const CodeInventory& inventory, const PlanOptions& options,
                         const MemoryLimits& limits) {
  model.require_imported();
  auto fitted = fit_plan(model.deployed, within_flash_budget(model, inventory, options, limits), inventory, limits);
  if (!fitted) throw DoesNotFitError(model.name + " cannot be planned: " + to_text(fitted.error()));
  return {model.deployed, std::move(fitted->plan), fitted->size};
}

PlanOptions within_flash_budget(const Model& model, const CodeInventory& inventory, const PlanOptions& options,
                                const MemoryLimits& limits) {
  const std::int64_t budget = options.flash_budget_bytes;
  if (budget <= 0) return options;
  const auto fitted = fit_plan(model.deployed, options, inventory, limits);
  if (!fitted || fitted->size.flash_bytes() <= budget) return options;
  PlanOptions least = options;
  least.flash_budget_bytes = 1;
  const auto smallest = fit_plan(model.deployed, least, inventory, limits);
  if (smallest && smallest->size.flash_bytes() <= budget) return least;
  const std::int64_t bytes = (smallest ? smallest : fitted)->size.flash_bytes();
  throw DoesNotFitError("--flash-budget " + std::to_string(budget) + ": " + model.name + " needs at least " +
                        std::to_string(bytes) + " bytes of flash" +
                        (options.mode == PlanMode::kSpeed ? " in --mode speed; --mode size may need fewer" : ""));
}

PlannedSubnet plan_without_sizes(const Model& model, const PlanOptions& options) {
  model.require_imported();
  auto plan = make_plan(model.deployed, options);
  if (!plan) throw DoesNotFitError(model.name + " cannot be planned: " + to_text(plan.error()));
  return {model.deployed, std::move(*plan), {}};
}

CodeInventory inventory_of(const Board& board, PlanMode mode) {
  return measure_code(target_of(board), kCacheFolder, mode);
}

PlanOptions plan_options(const ModelOptions& options) {
  return {.mode = plan_mode(options.mode), .flash_budget_bytes = options.flash_budget};
}

fs::path scratch_firmware(const Model& model, const Board& board, const PlanOptions& options) {
  std::string safe = model.name;
  for (char& c : safe)
    if (c == '/' || c == ' ') c = '_';
  std::uint64_t content = fnv1a64("");
  for (const Tensor& tensor : model.graph.tensors)
    if (const auto* weights = std::get_if<std::vector<std::int8_t>>(&tensor.data))
      content = fnv1a64(weights->data(), weights->size(), content);
  std::string variant = options.mode == PlanMode::kSize ? "-size" : "";
  if (options.flash_budget_bytes > 0) variant += "-" + std::to_string(options.flash_budget_bytes);
  return fs::path(kCacheFolder) / "firmware" / (safe + "-" + to_hex(content) + "-" + board.name + variant);
}

}  // namespace thimble
