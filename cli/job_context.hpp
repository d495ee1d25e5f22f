#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "cli/job.hpp"
#include "cli/run_directory.hpp"
#include "cli/run_log.hpp"
#include "evaluators/limits.hpp"
#include "profiler/board.hpp"
#include "profiler/board_target.hpp"
#include "supernet/data/data.hpp"

namespace thimble {

/// Folder beside the runs for what every run would find again: decoded pictures, sizes of compiled kernels.
std::filesystem::path cache_of(const std::filesystem::path& runs);

/// What every stage of a job works with: the job, its run directory, and what is loaded once.
class JobContext {
 public:
  /// @param data  the job's pictures if they are loaded already; else they are when first asked for
  JobContext(Job job, RunDirectory run, std::optional<DataSplits> data = {});
  JobContext(const JobContext&) = delete;
  JobContext& operator=(const JobContext&) = delete;

  const Job& job() const { return job_; }
  const RunDirectory& run() const { return run_; }
  const Board& board() const { return board_; }
  const Limits& limits() const { return limits_; }  ///< of the job, else of the board
  /// @error ConfigError  they are not the pictures that the run began with
  const DataSplits& data();

  std::filesystem::path cache() const { return cache_of(run_.path().parent_path()); }

  /// A line on stderr and in log.txt.
  void tell(const std::string& line);

 private:
  void check_same_pictures() const;
  Job job_;
  RunDirectory run_;
  Board board_;
  Limits limits_;
  std::optional<DataSplits> data_;
  bool data_checked_ = false;
  RunLog log_;
};

/// The pictures of a job, as many classes as its space has.
/// @error ConfigError, Error  as load_data; another number of classes
DataSplits load_pictures(const Job& job, const std::filesystem::path& cache);

/// Whole JSON file of a run; null where there is none yet.
/// @error Error  it is not JSON
nlohmann::json read_json(const std::filesystem::path& path);
void write_json(const std::filesystem::path& path, const nlohmann::json& document);

}  // namespace thimble
