#include "cli/run_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "graph/base/error.hpp"
#include "graph/base/files.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

/// The number of RUNS/JOB-NNN, or 0 where the name is none of that job's.
int run_number(const std::string& name, const std::string& job_name) {
  const std::string prefix = job_name + "-";
  if (name.compare(0, prefix.size(), prefix) != 0) return 0;
  const std::string digits = name.substr(prefix.size());
  if (digits.empty() || digits.size() > 6 || digits.find_first_not_of("0123456789") != std::string::npos) return 0;
  return std::stoi(digits);
}

int newest_number(const fs::path& runs, const std::string& job_name) {
  int newest = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(runs, none))
    newest = std::max(newest, run_number(entry.path().filename().string(), job_name));
  return newest;
}

fs::path numbered(const fs::path& runs, const std::string& job_name, int number) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "-%03d", number);
  return runs / (job_name + digits);
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw Error(path.string() + ": cannot be made: " + error.message());
}

void point_latest_at(const fs::path& run) {
  const fs::path link = run.parent_path() / "latest",
                 fresh = run.parent_path() / (".latest." + std::to_string(::getpid()));
  std::error_code error;
  fs::remove(fresh, error);
  fs::create_directory_symlink(run.filename(), fresh, error);
  if (!error) fs::rename(fresh, link, error);
  if (error) throw Error(link.string() + ": cannot be made: " + error.message());
}

/// A front with a winner.
bool is_finished(const fs::path& run) {
  const fs::path file = run / "front.json";
  if (!fs::exists(file)) return false;
  const nlohmann::json front = nlohmann::json::parse(read_file(file), nullptr, false);
  return front.is_object() && front.contains("winner") && !front["winner"].is_null();
}

/// A run that has only begun takes the place of none that is finished.
void point_latest_at_unfinished(const fs::path& run) {
  if (!is_finished(run.parent_path() / "latest")) point_latest_at(run);
}

}  // namespace

class RunDirectory::Lock {
 public:
  explicit Lock(const fs::path& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ < 0) throw Error(path.string() + ": cannot be written");
    if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
    ::close(fd_);
    throw Error(path.parent_path().string() + ": another thimble works in this run; wait for it or stop it");
  }
  ~Lock() { ::close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int fd_;
};

RunDirectory::RunDirectory(fs::path path) : path_(std::move(path)) {}

RunDirectory RunDirectory::fill(fs::path path) {
  RunDirectory run(std::move(path));
  make_folder(run.checkpoints());
  run.lock_ = std::make_unique<Lock>(run.path() / ".lock");
  return run;
}
RunDirectory::~RunDirectory() = default;
RunDirectory::RunDirectory(RunDirectory&&) noexcept = default;

RunDirectory RunDirectory::create(const fs::path& runs, const std::string& job_name) {
  const fs::path path = numbered(runs, job_name, newest_number(runs, job_name) + 1);
  RunDirectory run = fill(path);
  point_latest_at_unfinished(path);
  return run;
}

RunDirectory RunDirectory::newest(const fs::path& runs, const std::string& job_name) {
  const int number = newest_number(runs, job_name);
  if (number == 0) return create(runs, job_name);
  RunDirectory run = fill(numbered(runs, job_name, number));
  point_latest_at_unfinished(run.path());
  return run;
}

RunDirectory RunDirectory::existing(const fs::path& path, const std::string& job_name) {
  const fs::path whole = fs::is_directory(path) ? fs::canonical(path) : path;
  if (!fs::is_directory(whole) || run_number(whole.filename().string(), job_name) == 0)
    throw ConfigError(
        {{"", 0, 0, "--resume", path.string(), "must be a run of this job: a folder " + job_name + "-NNN"}});
  RunDirectory run = fill(whole);
  point_latest_at_unfinished(run.path());
  return run;
}

bool RunDirectory::finished() const { return is_finished(path_); }

void RunDirectory::show_as_latest() const { point_latest_at(path_); }

RunDirectory RunDirectory::open(const fs::path& path) {
  if (!fs::exists(path / "job.resolved.yaml"))
    throw ConfigError({{path.string(), 0, 0, "", "", "is not a run: it has no job.resolved.yaml"}});
  return RunDirectory(fs::canonical(path));
}

}  // namespace thimble
