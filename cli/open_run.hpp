#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cli/run_directory.hpp"

namespace thimble {

/// What a run is of. The run keeps a copy of the files, as they were when it began.
struct RunSource {
  std::string name;                ///< of the run's folder, before its number
  std::filesystem::path job_file;  ///< for messages
  std::string resolved_yaml;
  std::filesystem::path space_file;
  std::filesystem::path latency_model{};  ///< empty: none
  std::vector<std::string> free_keys{};   ///< of the job, that may change between begin and resume: "sweep.boards"
};

/// A new run.
RunDirectory begin_run(const std::filesystem::path& runs, const RunSource& source);
/// The newest run of that name; a new one where there is none, or where job or space have changed since.
RunDirectory continue_run(const std::filesystem::path& runs, const RunSource& source);
/// A run that goes on.
/// @param which  kNewestRun: the newest of that name, or a new one where there is none; else a run's folder, or its
/// name
/// @error ConfigError  job or space have changed since it began: an issue per key; there is no such run of the job
RunDirectory resume_run(const std::filesystem::path& runs, const RunSource& source, const std::string& which);

}  // namespace thimble
