#include "cli/job.hpp"

#include "profiler/board.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

/// Turns a path of the file into one that holds wherever the job is read again (job.resolved.yaml).
void read_path(ConfigMap& map, const std::string& key, const fs::path& folder, std::string& path) {
  if (map.has(key) && map.read(key, path) && !path.empty()) {
    path = fs::weakly_canonical(folder / path).string();
    map.resolve(key, path);
  }
}

void read_data(ConfigMap map, const fs::path& folder, DataConfig& data) {
  map.read_choice("kind", data.kind, {"rendered", "image_folder"});
  map.read("image_size", data.image_size, {.least = 8, .most = 1024});
  map.read("validation_images", data.validation_images, {.least = 1});
  if (data.kind == "rendered") {
    map.read("train_images", data.train_images, {.least = 2});
    map.read("test_images", data.test_images, {.least = 1});
    if (data.validation_images >= data.train_images)
      map.problem("validation_images", "must be fewer than train_images: they are cut from them");
    return;
  }
  map.require("path");
  read_path(map, "path", folder, data.path);
  map.read("test_share", data.test_share, {.above = 0, .most = 0.9});
  map.read("max_corrupt_share", data.max_corrupt_share, {.least = 0, .most = 1});
  map.read("max_images", data.max_images, {.least = 0});
  if (map.has("path") && !data.path.empty() && !fs::is_directory(data.path))
    map.problem("path", "must be a folder of class folders; there is none");
}

void read_space_optimization(ConfigMap map, const fs::path& folder, SpaceOptimizationConfig& space) {
  map.require("file");
  std::string file;
  read_path(map, "file", folder, file);
  space.file = file;
  map.read("samples", space.samples, {.least = 1, .most = 1e6});
  map.read("keep", space.keep, {.least = 0});
}

void read_supernet(ConfigMap map, TrainRecipe& recipe) {
  map.read("batch", recipe.batch, {.least = 2, .most = 4096});
  map.read("largest_steps", recipe.largest_steps, {.least = 0});
  map.read("sampled_steps", recipe.sampled_steps, {.least = 0});
  map.read("subnets_per_step", recipe.subnets_per_step, {.least = 1, .most = 64});
  map.read("sandwich", recipe.sandwich);
  map.read("distillation", recipe.distillation, {.least = 0, .most = 1});
  map.read("learning_rate", recipe.learning_rate, {.above = 0});
  map.read("sampled_learning_rate", recipe.sampled_learning_rate, {.above = 0});
  map.read("warm_up_steps", recipe.warm_up_steps, {.least = 0});
  map.read("momentum", recipe.momentum, {.least = 0, .most = 0.9999});
  map.read("weight_decay", recipe.weight_decay, {.least = 0});
  map.read("label_smoothing", recipe.label_smoothing, {.least = 0, .most = 0.9});
  map.read("gradient_clip", recipe.gradient_clip, {.least = 0});
  map.read("crop_pixels", recipe.crop_pixels, {.least = 0, .most = 64});
  map.read("flip", recipe.flip);
  map.read("colour_jitter", recipe.colour_jitter, {.least = 0, .most = 1});
  if (total_steps(recipe) == 0)
    map.problem("sampled_steps", "must be > 0 where largest_steps is 0: nothing is trained");
  if (recipe.sandwich && recipe.subnets_per_step < 2)
    map.problem("subnets_per_step", "must be >= 2 with sandwich: the largest and the smallest");
}

void read_target(ConfigMap map, TargetConfig& target) {
  map.require("board");
  map.read("board", target.board);
  map.read("sram_kb", target.sram_kb, {.least = 0});
  map.read("flash_kb", target.flash_kb, {.least = 0});
  map.read("latency_ms", target.latency_ms, {.least = 0});
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
  map.read("calibration_images", deploy.calibration_images, {.least = 1});
  map.read("known_answers", deploy.known_answers, {.least = 1, .most = 1000});
  map.read("test_images", deploy.test_images, {.least = 0});
  map.read("fine_tune_steps", deploy.fine_tune_steps, {.least = 0});
  map.read("fine_tune_learning_rate", deploy.fine_tune_learning_rate, {.above = 0});
}

void read_name(ConfigMap& root, const fs::path& file, std::string& name) {
  name = file.stem().string();
  root.read("name", name);
  if (name.empty() ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != std::string::npos)
    root.problem("name", "must be of letters, digits, '.', '_' and '-': it names a folder");
}

/// Adds what is wrong with another file, so that all problems are shown at once.
template <class Action>
void collect(std::vector<ConfigIssue>& issues, Action action) {
  try {
    action();
  } catch (const ConfigError& e) {
    issues.insert(issues.end(), e.issues().begin(), e.issues().end());
  }
}

/// What only shows when job and space are seen together.
void check_together(const Job& job, const fs::path& file, std::vector<ConfigIssue>& issues) {
  if (job.search_space.max_resolution() > job.data.image_size)
    issues.push_back({file.string(), 0, 0, "data.image_size", std::to_string(job.data.image_size),
                      "must be at least " + std::to_string(job.search_space.max_resolution()) +
                          ", the largest resolution of " + job.space.file.string()});
}

void adopt_threads(Job& job) {
  job.data.threads = job.search.calibration.threads = job.threads;
  job.data.seed = job.seed;
}

}  // namespace

Job load_job(const fs::path& file, const std::vector<std::string>& overrides) {
  Job job;
  ConfigFile config = ConfigFile::load(file.string(), overrides);
  ConfigMap root = config.root();
  const fs::path folder = fs::absolute(file).parent_path();
  std::int64_t seed = 1;
  read_name(root, file, job.name);
  root.read("seed", seed, {.least = 0});
  root.read("threads", job.threads, {.least = 1, .most = 256});
  job.seed = static_cast<std::uint64_t>(seed);
  read_data(root.map("data", true), folder, job.data);
  read_space_optimization(root.map("space", true), folder, job.space);
  read_supernet(root.map("supernet"), job.supernet);
  read_target(root.map("target", true), job.target);
  read_search(root.map("search"), job.search);
  read_deploy(root.map("deploy"), job.deploy);
  adopt_threads(job);

  std::vector<ConfigIssue> issues;
  collect(issues, [&] { config.finish(); });
  if (!job.target.board.empty()) collect(issues, [&] { load_board(job.target.board); });
  if (!job.space.file.empty()) {
    collect(issues, [&] {
      job.search_space = load_space(job.space.file.string());
      check_together(job, file, issues);
    });
  }
  if (!issues.empty()) throw ConfigError(issues);
  job.resolved_yaml = config.to_yaml();
  return job;
}

}  // namespace thimble
