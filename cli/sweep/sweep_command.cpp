#include <unistd.h>

#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/job_context.hpp"
#include "cli/open_run.hpp"
#include "cli/print_json.hpp"
#include "cli/progress.hpp"
#include "cli/stop.hpp"
#include "cli/sweep/sweep_report.hpp"
#include "cli/sweep/sweep_table.hpp"
#include "cli/sweep/sweep_tasks.hpp"
#include "profiler/board_registry.hpp"

using nlohmann::json;

namespace thimble {
namespace {

constexpr double kRedrawSeconds = 0.5;

/// Boards come and go in a night.
RunSource source_of(const SweepJob& job) {
  return {.name = job.name + "-sweep",
          .job_file = job.file,
          .resolved_yaml = job.resolved_yaml,
          .space_file = job.space_file,
          .free_keys = {"sweep.boards", "sweep.shard", "sweep.deadline_s", "sweep.most_failures"}};
}

/// The process that uses the board, if that is another one.
std::string other_user_of(const Board& board) {
  if (board.kind() != BoardKind::kHardware) return "";
  const std::string user = BoardLock::user_of(board.name);
  return user == std::to_string(::getpid()) ? "" : user;
}

/// Lines that several threads have to say.
class Lines {
 public:
  void add(const std::string& line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(line);
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

std::string mark_text(const std::string& board, const BoardMark& mark) {
  return std::string("is ") + to_text(mark.kind) + " by " + mark.by + ": " + mark.reason + "; thimble boards release " +
         board + " frees it";
}

/// One sweep in its run directory.
class SweepRun {
 public:
  SweepRun(const SweepJob& job, const RunDirectory& run)
      : job_(job),
        run_(run),
        log_(run.log()),
        tasks_(job, cache_of(run.path().parent_path())),
        queue_(run.database(), job.options.most_failures) {
    for (const Board& board : tasks_.types()) queue_.add(tasks_.candidates(), board.type());
    queue_.reopen();
  }

  json measure() {
    Sweep sweep(parts(), job_.options);
    SweepTable table(queue_.counts().settled());
    sweep.start();
    while (!sweep.wait(kRedrawSeconds)) {
      if (stop_flag()) sweep.stop();
      tell(table);
      table.show(sweep.status());
    }
    tell(table);
    table.end(sweep.status());
    return sweep_facts(job_, queue_, sweep.status());
  }

 private:
  SweepParts parts() {
    SweepParts parts;
    parts.queue = run_.database();
    parts.boards = job_.boards;
    parts.plan_of = [this](const std::string& candidate, const Board& board) {
      return tasks_.plan_of(candidate, board);
    };
    parts.tell = [this](const std::string& line) { lines_.add(line); };
    parts.barred = [this](const FarmBoard& unit) -> std::string {
      const auto mark = registry_.mark_of(unit.board.name);
      if (mark) return mark_text(unit.board.name, *mark);
      const std::string user = other_user_of(unit.board);
      return user.empty() ? "" : "is in use by process " + user;
    };
    parts.quarantined = [this](const FarmBoard& unit, const std::string& reason) {
      // A virtual one is another one tomorrow.
      if (unit.board.kind() != BoardKind::kHardware || !other_user_of(unit.board).empty()) return;
      registry_.mark(unit.board.name, {BoardMark::Kind::kQuarantined, reason, run_.path().string(), unix_time()});
    };
    return parts;
  }

  void tell(SweepTable& table) {
    for (const std::string& line : lines_.take()) {
      log_.note(line);
      table.tell(line);
    }
  }

  const SweepJob& job_;
  const RunDirectory& run_;
  RunLog log_;
  SweepTasks tasks_;
  FarmQueue queue_;
  BoardRegistry registry_;
  Lines lines_;
};

/// 0 where every task is settled by its own; else who is to blame.
int exit_code_of(const json& facts) {
  const json& counts = facts["counts"];
  if (counts["waiting"].get<std::int64_t>() == 0 && counts["undecided"].get<std::int64_t>() == 0) return 0;
  if (!stop_flag()) std::fprintf(stderr, "thimble: boards failed before all subnets were measured; --resume goes on\n");
  return stop_flag() ? 130 : 4;
}

}  // namespace

int sweep_command(const JobOptions& options) {
  const SweepJob job = load_sweep_job(options.job, options.settings);
  const RunSource source = source_of(job);
  const RunDirectory run = options.resume ? resume_run(options.runs, source) : begin_run(options.runs, source);
  say("run: " + run.path().string());
  const json facts = SweepRun(job, run).measure();
  write_json(sweep_json(run), facts);
  write_sweep_reports(run, facts);
  if (options.json)
    print_json(facts);
  else
    std::printf("%s\nresults  %s\nreport   %s\n", sweep_markdown(facts).c_str(), (run.path() / "sweep.csv").c_str(),
                run.report().c_str());
  return exit_code_of(facts);
}

}  // namespace thimble
