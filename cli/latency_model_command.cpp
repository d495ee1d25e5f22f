#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/job.hpp"
#include "cli/job_context.hpp"
#include "cli/output_place.hpp"
#include "cli/print_json.hpp"
#include "cli/progress.hpp"
#include "cli/stop.hpp"
#include "deploy/template_text.hpp"
#include "evaluators/board_planner.hpp"
#include "evaluators/latency_model_file.hpp"
#include "evaluators/latency_survey.hpp"
#include "profiler/board_target.hpp"
#include "profiler/provenance.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace thimble {
namespace {

constexpr std::size_t kLeastNetworks = 10;  ///< as many as cross-validation has folds

[[noreturn]] void refuse(const std::string& key, const std::string& value, const std::string& rule) {
  throw ConfigError({{"", 0, 0, key, value, rule}});
}

/// What is measured: the subnets of a space, as they are planned for a mode, on a board.
struct Subject {
  SearchSpace space;
  std::string mode, board;
};

/// A space file has stages; a job names one, with its board and mode. Options go before what the job says.
Subject subject_of(const LatencyModelOptions& options) {
  const bool is_space = ConfigFile::load(options.source).root().has("stages");
  Subject subject;
  if (is_space) {
    subject = {load_space(options.source), "speed", "virtual-m4"};
  } else {
    Job job = load_job(options.source, {"target.latency_model=\"\""});  // it need not be there yet
    subject = {std::move(job.search_space), job.deploy.mode, job.target.board};
  }
  if (!options.mode.empty()) subject.mode = options.mode;
  if (!options.board.empty()) subject.board = options.board;
  return subject;
}

/// Found out before hours of measuring: the file can be made, and is nobody else's.
void require_own_file(const fs::path& out) {
  require_place(out);
  if (fs::is_directory(out)) refuse("--out", out.string(), "is a folder; a file is wanted");
  if (fs::exists(out) && !is_latency_model(out))
    refuse("--out", out.string(), "exists and is no latency model; nothing is written over");
}

int boards_at_once(const LatencyModelOptions& options, const Board& board) {
  const bool is_virtual = board.kind() == BoardKind::kVirtual;
  if (options.parallel > 1 && !is_virtual)
    refuse("--parallel", std::to_string(options.parallel), "must be 1: " + board.name + " runs one plan at a time");
  return options.parallel > 0 ? options.parallel : is_virtual ? 2 : 1;
}

std::vector<ProbedPlan> measure(const LatencyModelOptions& options, const Subject& subject, const Board& board,
                                const std::vector<std::unique_ptr<Probe>>& probes) {
  const fs::path cache = cache_of(options.runs);
  fs::create_directories(cache);
  const SubnetPlanner planner = board_planner(subject.space, board, subject.mode, memory_limits(board), cache);
  Progress bar("random subnets on " + board.name, options.networks);
  SurveyOptions survey{.subnets = options.networks, .seed = options.seed};
  survey.limits = {1.0 * board.ram_size_kb, 1.0 * board.flash_size_kb, 0};
  survey.run = survey_runs(board);
  survey.progress = [&bar](int measured) {
    bar.update(measured);
    throw_if_stopped();
  };
  std::vector<ProbedPlan> probed;
  for (SurveyedSubnet& one : survey_latency(planner, probes, cache / "measurements.sqlite", survey))
    probed.push_back(std::move(one.probed));
  if (probed.size() < kLeastNetworks)
    throw DoesNotFitError("only " + std::to_string(probed.size()) + " subnets of the space " + subject.space.name +
                          " run on " + board.name + "; a latency model needs " + std::to_string(kLeastNetworks));
  return probed;
}

json facts_of(const LatencyModelFile& file, const std::string& out) {
  const LatencyModelOrigin& o = file.origin;
  return {{"board", o.board},
          {"provenance", to_text(o.provenance)},
          {"clock_hz", o.clock_hz},
          {"space", o.space},
          {"mode", o.mode},
          {"networks", o.networks},
          {"layer_shapes", file.model.parameters().table.size()},
          {"median_error_percent", 100 * o.validation.median},
          {"mean_error_percent", 100 * o.validation.mean},
          {"percentile_90_error_percent", 100 * o.validation.percentile_90},
          {"worst_error_percent", 100 * o.validation.worst},
          {"firmware_hash", o.firmware_hash},
          {"kernel_library_version", o.kernel_library_version},
          {"compiler", o.compiler},
          {"out", out}};
}

void print(const json& facts, const Board& board) {
  const auto number = [&](const char* key) { return facts[key].get<double>(); };
  const std::string out = facts["out"].get<std::string>();
  std::printf("%s: fitted to %d networks of %s (%s), %d shapes of layers\n", board.name.c_str(),
              facts["networks"].get<int>(), facts["space"].get<std::string>().c_str(),
              facts["provenance"].get<std::string>().c_str(), facts["layer_shapes"].get<int>());
  std::printf(
      "error on networks left out of the fit: median %.3f %%, mean %.3f %%, 90th percentile %.3f %%, worst %.3f %%\n",
      number("median_error_percent"), number("mean_error_percent"), number("percentile_90_error_percent"),
      number("worst_error_percent"));
  std::printf("%s\n", out.c_str());
  std::printf("next: thimble run JOB.yaml --set target.latency_model=%s\n", shell_text(out).c_str());
  if (board.kind() == BoardKind::kVirtual) std::printf("%s\n", cycle_model_caveat(board.core).c_str());
}

}  // namespace

int latency_model_command(const LatencyModelOptions& options) {
  const Subject subject = subject_of(options);
  require_own_file(options.out);
  const Board board = load_board(subject.board);
  const int boards = boards_at_once(options, board);
  target_of(board);  // a board that no plans are made for says so before anything starts
  std::vector<std::unique_ptr<Probe>> probes;
  for (int i = 0; i < boards; ++i) probes.push_back(make_probe(board));
  const std::vector<ProbedPlan> probed = measure(options, subject, board, probes);
  LatencyModelFile file{origin_of(probed, *probes.front()), LatencyModel::fit(probed)};
  file.origin.space = subject.space.name;
  file.origin.mode = subject.mode;
  file.origin.seed = options.seed;
  file.origin.validation = cross_validate(probed);
  make_folders_to(options.out);
  save_latency_model(options.out, file);
  const json facts = facts_of(file, options.out);
  if (options.json) return print_json(facts);
  print(facts, board);
  return 0;
}

}  // namespace thimble
