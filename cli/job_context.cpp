#include "cli/job_context.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/job_data.hpp"
#include "graph/base/files.hpp"
#include "graph/base/hash.hpp"

namespace thimble {

namespace {

/// The job's limits; what the board has where the job sets none.
Limits limits_of(const TargetConfig& target, const Board& board) {
  return {target.sram_kb > 0 ? target.sram_kb : board.ram_size_kb,
          target.flash_kb > 0 ? target.flash_kb : board.flash_size_kb, target.latency_ms};
}

}  // namespace

JobContext::JobContext(Job job, RunDirectory run, std::optional<DataSplits> data)
    : job_(std::move(job)),
      run_(std::move(run)),
      board_(load_board(job_.target.board)),
      limits_(limits_of(job_.target, board_)),
      data_(std::move(data)),
      log_(run_.log()) {}

const DataSplits& JobContext::data() {
  if (!data_) data_ = load_pictures(job_, cache());
  if (data_checked_) return *data_;
  check_same_pictures();
  data_checked_ = true;
  for (const std::string& file : data_->corrupt) tell("left out, cannot be read: " + file);
  const ImageSet& train = data_->train;
  tell("pictures: " + std::to_string(train.count()) + " train, " + std::to_string(data_->validation.count()) +
       " validation, " + std::to_string(data_->test.count()) + " test, " + std::to_string(train.classes()) +
       " classes");
  return *data_;
}

/// A run is of the pictures that it began with: others would mix training and test.
void JobContext::check_same_pictures() const {
  const auto path = run_.path() / "data.json";
  const nlohmann::json now = {{"train", to_hex(fingerprint(data_->train))},
                              {"validation", to_hex(fingerprint(data_->validation))},
                              {"test", to_hex(fingerprint(data_->test))},
                              {"classes", data_->train.class_names}};
  const nlohmann::json before = read_json(path);
  if (before.is_null()) return write_json(path, now);
  for (const char* split : {"train", "validation", "test"})
    if (before.value(split, "") != now[split])
      throw ConfigError(
          {{path.string(), 0, 0, split, "", "the pictures have changed since this run began; start a new run"}});
}

void JobContext::tell(const std::string& line) { log_.tell(line); }

std::filesystem::path cache_of(const std::filesystem::path& runs) { return runs / ".cache"; }

namespace {

/// load_data, whose problems are the job file's.
DataSplits load_or_name(const DataConfig& config, const std::filesystem::path& job_file) {
  try {
    return load_data(config);
  } catch (const ConfigError& e) {
    std::vector<ConfigIssue> issues = e.issues();
    for (ConfigIssue& issue : issues)
      if (issue.file.empty()) issue.file = job_file.string();
    throw ConfigError(issues);
  }
}

}  // namespace

DataSplits load_pictures(const Job& job, const std::filesystem::path& cache) {
  DataConfig config = job.data;
  config.cache_dir = cache.string();
  DataSplits data = load_or_name(config, job.file);
  const auto issues = picture_issues(data.train, job.search_space, job.space.file.string());
  if (!issues.empty()) throw ConfigError(issues);
  return data;
}

nlohmann::json read_json(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return nullptr;
  try {
    return nlohmann::json::parse(read_file(path));
  } catch (const nlohmann::json::exception& e) {
    throw Error(path.string() + ": " + e.what());
  }
}

void write_json(const std::filesystem::path& path, const nlohmann::json& document) {
  write_file_atomically(path, document.dump(1) + "\n");
}

}  // namespace thimble
