#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/run_directory.hpp"
#include "graph/base/config.hpp"
#include "search/space/space.hpp"
#include "supernet/accuracy.hpp"
#include "supernet/data/data.hpp"
#include "supernet/trainer.hpp"

namespace thimble {

/// What the winner must run on, and within.
struct TargetConfig {
  std::string board = "virtual-m4";
  double sram_kb = 0;         ///< 1 KB = 1024 bytes; 0: what the board has
  double flash_kb = 0;        ///< 0: what the board has
  double latency_ms = 0;      ///< 0: no limit
  std::string latency_model;  ///< file that predictions start from (`thimble latency-model`); empty: none
};

struct SpaceOptimizationConfig {
  std::filesystem::path file;  ///< the space, e.g. configs/spaces/demo.yaml
  int samples = 1000;          ///< subnets per resolution and width
  int keep = 4;                ///< best pairs of resolution and width whose values stay in the space; 0: keep all
};

struct SearchConfig {
  std::string strategy = "evolution";  ///< or "random"
  int population = 40;
  int generations = 10;
  int parents = 10;
  double mutation_share = 0.5;  ///< of the children; the others come from crossover
  double mutation_probability = 0.1;
  double outer_mutation_probability = 0.3;  ///< of resolution and width
  int board_runs_per_generation = 4;        ///< the best of each generation that the probe runs
  int validation_images = 0;                ///< 0: the whole validation split
  CalibrationConfig calibration;            ///< of batch norm, for every candidate
};

struct DeployConfig {
  std::string mode = "speed";       ///< or "size": which kernels every plan of the job prefers
  int calibration_images = 256;     ///< training pictures that set the activation ranges
  std::string calibration = "mse";  ///< how they do: "minmax", "percentile" or "mse"
  bool equalize = true;             ///< cross-layer equalisation before quantisation
  bool bias_correction = true;      ///< biases take up the mean error of rounded weights
  int known_answers = 200;          ///< test pictures that the firmware is compared on, bit for bit
  int test_images = 0;              ///< test pictures for the winner's top-1; 0: all
  int fine_tune_steps = 0;          ///< training of the winner alone before it is quantised
  double fine_tune_learning_rate = 0.01;
};

/// One YAML file: data, space, supernet, target, search, deploy.
struct Job {
  std::filesystem::path file;  ///< that it was read from
  std::string name;
  std::uint64_t seed = 1;
  int threads = 2;
  DataConfig data;
  SpaceOptimizationConfig space;
  TrainRecipe supernet;
  TargetConfig target;
  SearchConfig search;
  DeployConfig deploy;

  SearchSpace search_space;   ///< read from space.file
  std::string resolved_yaml;  ///< the file with its overrides and defaults
};

/// Reads a job. Paths in it are relative to the file's folder.
/// @error ConfigError  everything that is wrong with the job and with its space file
Job load_job(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

/// The job that made a run, with the space as it was then; its pictures need not be there any more.
Job load_job_of(const RunDirectory& run);

}  // namespace thimble
