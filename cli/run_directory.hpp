#pragma once
#include <filesystem>
#include <memory>
#include <string>

namespace thimble {

/// The directory that a job fills: complete enough to resume, report and replay.
///
///   RUNS/JOB-001/   job.resolved.yaml  space.yaml  data.json  run.sqlite  checkpoints/  space.json  training.json
///                   search.json  front.csv  front.json  report.html  firmware/  events/  log.txt
///   RUNS/latest     -> the run that was finished last; while none is, the one that was begun or resumed last
///
/// One process at a time fills it: it holds a lock for as long as the object lives.
class RunDirectory {
 public:
  /// The next free number.
  static RunDirectory create(const std::filesystem::path& runs, const std::string& job_name);
  /// The newest run of that job, or a new one where there is none.
  static RunDirectory newest(const std::filesystem::path& runs, const std::string& job_name);
  /// An earlier run of that job by its path.
  /// @error ConfigError  there is none, or it is another job's
  static RunDirectory existing(const std::filesystem::path& path, const std::string& job_name);
  /// An existing run by its path ("runs/latest"), to read from; takes no lock.
  /// @error ConfigError  it is not a run directory
  static RunDirectory open(const std::filesystem::path& path);
  ~RunDirectory();
  RunDirectory(RunDirectory&&) noexcept;
  RunDirectory& operator=(RunDirectory&&) = delete;

  /// Whether it has a winner with its firmware.
  bool finished() const;
  /// Points RUNS/latest at this run. @pre finished()
  void show_as_latest() const;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path resolved_job() const { return path_ / "job.resolved.yaml"; }
  std::filesystem::path space_copy() const { return path_ / "space.yaml"; }  ///< the job's space file as it was
  std::filesystem::path latency_model_copy() const { return path_ / "latency_model.json"; }  ///< the job's, too
  std::filesystem::path database() const { return path_ / "run.sqlite"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path space() const { return path_ / "space.json"; }
  std::filesystem::path training() const { return path_ / "training.json"; }
  std::filesystem::path search() const { return path_ / "search.json"; }
  std::filesystem::path front_json() const { return path_ / "front.json"; }
  std::filesystem::path front_csv() const { return path_ / "front.csv"; }
  std::filesystem::path front_scores() const { return path_ / "front_scores.json"; }  ///< until the run is finished
  std::filesystem::path report() const { return path_ / "report.html"; }
  std::filesystem::path firmware() const { return path_ / "firmware"; }
  std::filesystem::path events() const { return path_ / "events"; }  ///< of the trainings, for TensorBoard
  std::filesystem::path log() const { return path_ / "log.txt"; }

 private:
  class Lock;
  explicit RunDirectory(std::filesystem::path path);
  /// Makes the folder where it is missing, and takes the lock.
  static RunDirectory fill(std::filesystem::path path);
  std::filesystem::path path_;
  std::unique_ptr<Lock> lock_;
};

}  // namespace thimble
