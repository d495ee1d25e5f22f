#include "cli/job.hpp"

#include "cli/job_data.hpp"
#include "cli/job_reading.hpp"
#include "evaluators/latency_model_file.hpp"
#include "profiler/board.hpp"
#include "supernet/recipe/recipe_file.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

void read_space_optimization(ConfigMap map, const fs::path& folder, SpaceOptimizationConfig& space) {
  map.require("file");
  std::string file;
  read_path(map, "file", folder, file);
  space.file = file;
  map.read("samples", space.samples, {.least = 1, .most = 1e6});
  map.read("keep", space.keep, {.least = 0});
}

void read_target(ConfigMap map, const fs::path& folder, TargetConfig& target) {
  map.require("board");
  map.read("board", target.board);
  if (fs::path(target.board).extension() == ".yaml") read_path(map, "board", folder, target.board);
  map.read("sram_kb", target.sram_kb, {.least = 0});
  map.read("flash_kb", target.flash_kb, {.least = 0});
  map.read("latency_ms", target.latency_ms, {.least = 0});
  read_path(map, "latency_model", folder, target.latency_model);
}

void read_search(ConfigMap map, SearchConfig& search) {
  map.read_choice("strategy", search.strategy, {"evolution", "random"});
  map.read("population", search.population, {.least = 2, .most = 10000});
  map.read("generations", search.generations, {.least = 1, .most = 10000});
  map.read("parents", search.parents, {.least = 1, .most = 10000});
  map.read("mutation_share", search.mutation_share, {.least = 0, .most = 1});
  map.read("mutation_probability", search.mutation_probability, {.least = 0, .most = 1});
  map.read("outer_mutation_probability", search.outer_mutation_probability, {.least = 0, .most = 1});
  map.read("board_runs_per_generation", search.board_runs_per_generation, {.least = 1});
  map.read("validation_images", search.validation_images, {.least = 0});
  map.read("recalibration_batches", search.calibration.batches, {.least = 1, .most = 1000});
  map.read("recalibration_batch", search.calibration.batch, {.least = 2, .most = 4096});
  if (search.parents > search.population) map.problem("parents", "must be at most population");
}

void read_deploy(ConfigMap map, DeployConfig& deploy) {
  map.read_choice("mode", deploy.mode, {"speed", "size"});
  map.read("calibration_images", deploy.calibration_images, {.least = 1});
  map.read_choice("calibration", deploy.calibration, {"minmax", "percentile", "mse"});
  map.read("equalize", deploy.equalize);
  map.read("bias_correction", deploy.bias_correction);
  map.read("known_answers", deploy.known_answers, {.least = 1, .most = 1000});
  map.read("test_images", deploy.test_images, {.least = 0});
  map.read("fine_tune_steps", deploy.fine_tune_steps, {.least = 0});
  map.read("fine_tune_learning_rate", deploy.fine_tune_learning_rate, {.above = 0});
}

/// What only shows when job, space and board are seen together.
void check_together(const Job& job, ConfigMap& data, std::vector<ConfigIssue>& issues) {
  for (const ConfigIssue& issue : kind_issues(job.data, job.search_space, job.space.file.string()))
    issues.push_back(issue);
  if (job.search_space.max_resolution() > job.data.image_size)
    data.problem("image_size", "must be at least " + std::to_string(job.search_space.max_resolution()) +
                                   ", the largest resolution of " + job.space.file.string());
}

/// Why a job cannot be of this board; empty where it can.
std::string refusal(const Board& board) {
  if (board.kind() == BoardKind::kHost) return "must be a board: this computer runs no firmware";
  if (board.kind() == BoardKind::kHardware && board.openocd_config.empty())
    return "must be a board with openocd_config: the winner's firmware is flashed through OpenOCD";
  return "";
}

/// The picture folder and the board must be there, and the board must offer what the limits allow.
void check_places(const Job& job, ConfigMap& data, ConfigMap& target, std::vector<ConfigIssue>& issues) {
  if (!job.data.path.empty() && !fs::is_directory(job.data.path))
    data.problem("path", job.data.kind == "image_folder" ? "must be a folder of class folders; there is none"
                                                         : "must be a folder; there is none");
  if (job.target.board.empty()) return;
  try {
    const Board board = load_board(job.target.board);
    if (const std::string rule = refusal(board); !rule.empty()) target.problem("board", rule);
    if (job.target.sram_kb > board.ram_size_kb)
      target.problem("sram_kb",
                     "must be at most " + std::to_string(board.ram_size_kb) + ", what " + board.name + " has");
    if (job.target.flash_kb > board.flash_size_kb)
      target.problem("flash_kb",
                     "must be at most " + std::to_string(board.flash_size_kb) + ", what " + board.name + " has");
  } catch (const ConfigError& e) {
    for (const ConfigIssue& issue : e.issues()) {
      if (issue.file.empty())
        target.problem("board", issue.rule);  // no such board
      else
        issues.push_back(issue);  // what is wrong in its file
    }
  }
}

/// The latency model must be one of the plans that this job makes.
void check_latency_model(const Job& job, std::vector<ConfigIssue>& issues) {
  const std::string& file = job.target.latency_model;
  if (file.empty() || !issues.empty()) return;
  collect(issues, [&] {
    const LatencyModelFile model = load_latency_model(file);
    const auto probe = make_probe(load_board(job.target.board));
    for (const ConfigIssue& issue : mismatches(model.origin, file, *probe, job.deploy.mode)) issues.push_back(issue);
  });
}

void adopt_threads(Job& job) {
  job.data.threads = job.search.calibration.threads = job.threads;
  job.data.seed = job.seed;
}

Job read_job(const fs::path& file, const std::vector<std::string>& overrides, const fs::path& space_file,
             bool to_be_run) {
  Job job;
  job.file = file;
  ConfigFile config = ConfigFile::load(file.string(), overrides);
  ConfigMap root = config.root();
  const fs::path folder = fs::absolute(file).parent_path();
  std::int64_t seed = 1;
  read_name(root, file, job.name);
  root.read("seed", seed, {.least = 0});
  root.read("threads", job.threads, {.least = 1, .most = 256});
  job.seed = static_cast<std::uint64_t>(seed);
  ConfigMap data = root.map("data", true);
  read_data(data, folder, job.data);
  read_space_optimization(root.map("space", true), folder, job.space);
  job.supernet = read_recipe(root.map("supernet"), folder);
  ConfigMap target = root.map("target", true);
  read_target(target, folder, job.target);
  read_search(root.map("search"), job.search);
  read_deploy(root.map("deploy"), job.deploy);
  root.skip("sweep");
  adopt_threads(job);
  if (!space_file.empty()) job.space.file = space_file;

  std::vector<ConfigIssue> issues;
  if (to_be_run) check_places(job, data, target, issues);
  std::vector<ConfigIssue> of_space;
  if (!job.space.file.empty()) {
    collect(of_space, [&] {
      job.search_space = load_space(job.space.file.string());
      check_together(job, data, of_space);
    });
  }
  collect(issues, [&] { config.finish(); });
  issues.insert(issues.end(), of_space.begin(), of_space.end());
  if (to_be_run) check_latency_model(job, issues);
  if (!issues.empty()) throw ConfigError(issues);
  job.resolved_yaml = config.to_yaml();
  return job;
}

}  // namespace

Job load_job(const fs::path& file, const std::vector<std::string>& overrides) {
  return read_job(file, overrides, {}, true);
}

Job load_job_of(const RunDirectory& run) { return read_job(run.resolved_job(), {}, run.space_copy(), false); }

}  // namespace thimble
