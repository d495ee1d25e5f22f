#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace thimble {

inline constexpr const char* kNewestRun = "newest";

/// What all commands that fill or read a run share.
struct JobOptions {
  std::string job;                    ///< path of the YAML file
  std::vector<std::string> settings;  ///< --set a.b=c
  std::string runs = "runs";          ///< folder of all runs
  std::string resume;                 ///< empty: a new run; kNewestRun, or the folder of one
  int ranks = 1;                      ///< of this machine, that train the supernet together; sweep: none
  bool json = false;
};

/// What all commands on one model share. `model` is a .tflite file or RUN[:SUBNET].
struct ModelOptions {
  std::string model;
  std::string board = "virtual-m4";
  std::string out;              ///< deploy: the folder; export: the file, or a folder
  std::string format;           ///< export: tflite, onnx, c
  std::string inputs, outputs;  ///< verify: raw int8 tensors, one case after the other
  std::string layers_file;      ///< verify: expected crc32 per operator
  std::string mode = "speed";   ///< or "size": which kernels the plan prefers
  long flash_budget = 0;        ///< bytes of weights and code; 0: the board's flash
  std::string cache = "warm";   ///< profile: or "cold": the caches before each run
  bool force = false;           ///< deploy, export: files that somebody changed, or of others, may be replaced
  bool json = false;
};

/// A latency model for a board, from measurements of random subnets.
struct LatencyModelOptions {
  std::string source;         ///< a space file, or a job
  std::string board, mode;    ///< empty: the job's, else virtual-m4 and speed
  std::string out;            ///< the file
  std::string runs = "runs";  ///< measurements are kept in its .cache
  int networks = 200;
  int parallel = 0;  ///< boards at once; 0: two virtual ones, else one
  std::uint64_t seed = 1;
  bool json = false;
};

/// A predictor of accuracy for a supernet, from measurements of random subnets.
struct PredictorCommandOptions {
  std::string source;                 ///< a run, or a job
  std::vector<std::string> settings;  ///< --set a.b=c, of a job
  std::string out;                    ///< the file
  std::string runs = "runs";          ///< folder of all runs, of a job
  int pairs = 1000;                   ///< subnets that are measured
  std::uint64_t seed = 1;
  bool resume = false;  ///< of a job: it must be as it was when its newest run began
  bool json = false;
};

/// `boards` of the actions lock, quarantine and release must be given; check runs a small network on each that is.
struct BoardsOptions {
  std::string action = "list";  ///< list, check, lock, release, quarantine
  std::vector<std::string> boards;
  std::string reason;
  bool json = false;
};

enum class JobStage { kSpace, kTrain, kSearch, kAll };

/// Each command returns its exit code; errors are thrown.
int run_command(const JobOptions& options, JobStage last);
int sweep_command(const JobOptions& options);
int report_command(const std::string& run);
int replay_command(const std::string& run, const std::string& board, bool json);
int inspect_command(const ModelOptions& options);
int profile_command(const ModelOptions& options);
int deploy_command(const ModelOptions& options);
/// C is what deploy writes; without --out, .tflite and .onnx go here under the model's name.
int export_command(const ModelOptions& options);
int verify_command(const ModelOptions& options);
int boards_command(const BoardsOptions& options);
int doctor_command(bool json);
int latency_model_command(const LatencyModelOptions& options);
int predictor_command(const PredictorCommandOptions& options);
int init_command(const std::string& file);

}  // namespace thimble
