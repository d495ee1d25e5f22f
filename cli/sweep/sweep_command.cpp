#include <cstdio>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/commands.hpp"
#include "cli/job_context.hpp"
#include "cli/open_run.hpp"
#include "cli/print_json.hpp"
#include "cli/progress.hpp"
#include "cli/stop.hpp"
#include "cli/sweep/sweep_answers.hpp"
#include "cli/sweep/sweep_report.hpp"
#include "cli/sweep/sweep_table.hpp"
#include "cli/sweep/sweep_tasks.hpp"
#include "profiler/board_registry.hpp"

using nlohmann::json;

namespace thimble {
namespace {

constexpr double kRedrawSeconds = 0.5;
const std::set<std::string> kPlanFailures = {"no_plan", "does_not_fit", "not_in_space"};

/// Boards come and go in a night.
RunSource source_of(const SweepJob& job) {
  return {.name = job.name + "-sweep",
          .job_file = job.file,
          .resolved_yaml = job.resolved_yaml,
          .space_file = job.space_file,
          .free_keys = {"sweep.boards", "sweep.shard", "sweep.deadline_s", "sweep.patience_s", "sweep.most_failures",
                        "sweep.known_answers"}};
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
        queue_(run.database(), job.options.most_failures),
        tasks_(job, cache_of(run.path().parent_path()), queue_.candidates()) {
    for (const Board& board : tasks_.types()) queue_.add(tasks_.candidates(), board.type());
    queue_.reopen();
    reopen_stale();
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
    return sweep_facts(job_, queue_, FarmHistory(run_.database()), sweep.status());
  }

  json answers(const json& facts, const json& before) const {
    return sweep_answers(job_, tasks_, facts, before, cache_of(run_.path().parent_path()));
  }

 private:
  /// What was measured is worth nothing where the plan or the firmware would be another one now.
  void reopen_stale() {
    std::map<std::string, std::unique_ptr<Probe>> probes;
    for (const Board& board : tasks_.types()) probes[board.type()] = make_probe(board);
    std::vector<std::int64_t> stale;
    for (const TaskOutcome& outcome : queue_.outcomes()) {
      const auto probe = probes.find(outcome.board_type);
      const bool had_no_plan = outcome.state == "failed" && kPlanFailures.count(outcome.code) > 0;
      if ((outcome.key.empty() && !had_no_plan) || probe == probes.end()) continue;
      const auto plan = tasks_.plan_of(outcome.candidate, probe->second->board());
      if (had_no_plan && !plan) continue;
      if (!plan || !key_of(*plan, *probe->second, job_.options.run.cache).covers(outcome.key))
        stale.push_back(outcome.task);
    }
    if (stale.empty()) return;
    queue_.measure_again(stale);
    log_.tell(std::to_string(stale.size()) +
              " subnets are measured again: their plan or the probe's firmware is not what it was");
  }

  SweepParts parts() {
    SweepParts parts;
    parts.queue = run_.database();
    parts.boards = job_.boards;
    parts.plan_of = [this](const std::string& candidate, const Board& board) {
      return tasks_.plan_of(candidate, board);
    };
    parts.tell = [this](const std::string& line) { lines_.add(line); };
    parts.barred = [this](const FarmBoard& unit) -> std::string {
      try {
        const auto mark = registry_.mark_of(unit.board.name);
        return mark ? mark_text(unit.board.name, *mark) : "";
      } catch (const Error& error) {  // marks that cannot be read must not end the night
        return error.what();
      }
    };
    parts.quarantined = [this](const FarmBoard& unit, const std::string& reason) {
      if (unit.board.kind() != BoardKind::kHardware) return;  // a virtual one is another one tomorrow
      try {
        if (registry_.mark_of(unit.board.name)) return;  // a person's mark stays
        registry_.mark(unit.board.name, {BoardMark::Kind::kQuarantined, reason, run_.path().string(), unix_time()});
      } catch (const Error& error) {
        lines_.add(error.what());
      }
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
  FarmQueue queue_;
  SweepTasks tasks_;
  BoardRegistry registry_;
  Lines lines_;
};

/// 0 where every task is settled, and every board that was asked gave the right answer; else who is to blame.
int exit_code_of(const json& facts) {
  if (!sweep_answers_hold(facts["known_answers"])) {
    std::fprintf(stderr, "thimble: a board's answers differ from the reference's; the report names the subnets\n");
    return 1;
  }
  const json& counts = facts["counts"];
  const bool settled = counts["waiting"].get<std::int64_t>() == 0 && counts["undecided"].get<std::int64_t>() == 0;
  const bool answered = sweep_answers_given(facts["known_answers"]);
  if (settled && answered) return 0;
  if (stop_flag()) return 130;
  if (settled) {
    std::fprintf(stderr,
                 "thimble: not every known answer could be asked for; the report says why, and --resume asks again\n");
    return 4;
  }
  std::fprintf(stderr,
               "thimble: not every subnet was measured, for want of boards. `thimble boards` says which are locked "
               "or quarantined; release them, and --resume goes on\n");
  return 4;
}

void write_facts(const RunDirectory& run, const json& facts) {
  write_json(sweep_json(run), facts);
  write_sweep_reports(run, facts);
}

/// What was measured is written down before boards are asked for answers: whatever comes of that, the report is there.
json measured_and_asked(const SweepJob& job, const RunDirectory& run) {
  SweepRun sweep(job, run);
  json facts = sweep.measure();
  const json last = read_json(sweep_json(run));
  const json before = last.is_null() ? json::array() : last.value("known_answers", json::array());
  facts["known_answers"] = before;
  write_facts(run, facts);
  facts["known_answers"] = sweep.answers(facts, before);
  write_facts(run, facts);
  return facts;
}

}  // namespace

int sweep_command(const JobOptions& options) {
  const SweepJob job = load_sweep_job(options.job, options.settings);
  const RunSource source = source_of(job);
  const RunDirectory run =
      options.resume.empty() ? begin_run(options.runs, source) : resume_run(options.runs, source, options.resume);
  say("run: " + run.path().string());
  const json facts = measured_and_asked(job, run);
  if (options.json)
    print_json(facts);
  else
    std::printf("%s\nresults  %s\nreport   %s\n", sweep_markdown(facts).c_str(), (run.path() / "sweep.csv").c_str(),
                run.report().c_str());
  return exit_code_of(facts);
}

}  // namespace thimble
