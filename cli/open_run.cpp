#include "cli/open_run.hpp"

#include <algorithm>
#include <vector>

#include "cli/commands.hpp"
#include "graph/base/config_difference.hpp"
#include "graph/base/error.hpp"
#include "graph/base/files.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

/// "sweep.boards[1]" is of the key "sweep.boards".
bool is_of(const std::string& key, const std::string& parent) {
  return key.compare(0, parent.size(), parent) == 0 &&
         (key.size() == parent.size() || key[parent.size()] == '.' || key[parent.size()] == '[');
}

/// What is not as it was when the run began: one issue per key of the job and of its space.
std::vector<ConfigIssue> changes_since(const RunDirectory& run, const RunSource& source) {
  std::vector<ConfigIssue> issues;
  if (!fs::exists(run.resolved_job())) return issues;
  const auto compare = [&](const fs::path& then, const std::string& now, const fs::path& file) {
    for (const ConfigDifference& key : config_differences(read_file(then), now))
      if (std::none_of(source.free_keys.begin(), source.free_keys.end(),
                       [&](const std::string& free) { return is_of(key.key, free); }))
        issues.push_back({file.string(), 0, 0, key.key, key.after.empty() ? "(not there)" : key.after,
                          (key.before.empty() ? "was not there" : "was " + key.before) + " when " +
                              run.path().string() + " began; put it back, or start a new run"});
  };
  compare(run.resolved_job(), source.resolved_yaml, source.job_file);
  compare(run.space_copy(), read_file(source.space_file), source.space_file);
  const fs::path model = source.latency_model, then = run.latency_model_copy();
  if (!model.empty() && fs::exists(then) && read_file(then) != read_file(model))
    issues.push_back({source.job_file.string(), 0, 0, "target.latency_model", model.string(),
                      "was another model when " + run.path().string() + " began; put it back, or start a new run"});
  return issues;
}

RunDirectory with_copies(RunDirectory run, const RunSource& source) {
  if (!fs::exists(run.resolved_job())) {
    write_file_atomically(run.space_copy(), read_file(source.space_file));
    if (!source.latency_model.empty()) write_file_atomically(run.latency_model_copy(), read_file(source.latency_model));
    write_file_atomically(run.resolved_job(), source.resolved_yaml);
  }
  return run;
}

}  // namespace

RunDirectory begin_run(const fs::path& runs, const RunSource& source) {
  return with_copies(RunDirectory::create(runs, source.name), source);
}

RunDirectory continue_run(const fs::path& runs, const RunSource& source) {
  {
    RunDirectory newest = RunDirectory::newest(runs, source.name);
    if (changes_since(newest, source).empty()) return with_copies(std::move(newest), source);
  }
  return begin_run(runs, source);
}

RunDirectory resume_run(const fs::path& runs, const RunSource& source, const std::string& which) {
  const fs::path folder = fs::is_directory(which) ? fs::path(which) : runs / which;
  RunDirectory run =
      which == kNewestRun ? RunDirectory::newest(runs, source.name) : RunDirectory::existing(folder, source.name);
  const std::vector<ConfigIssue> changes = changes_since(run, source);
  if (!changes.empty()) throw ConfigError(changes);
  return with_copies(std::move(run), source);
}

}  // namespace thimble
