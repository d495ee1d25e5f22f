#include "cli/sweep/finished_sweep.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/job_context.hpp"
#include "cli/progress.hpp"
#include "cli/stop.hpp"
#include "cli/sweep/sweep_report.hpp"
#include "cli/sweep/sweep_tasks.hpp"
#include "profiler/measure.hpp"

using nlohmann::json;

namespace thimble {
namespace {

/// The sweep's space, limits and mode, on a board of ours: its own boards need not be there any more, nor its list.
SweepJob job_of(const RunDirectory& run, const std::string& board) {
  return load_sweep_job(run.resolved_job(), {"space.file=" + json(run.space_copy().string()).dump(),
                                             "sweep.boards=" + json::array({board}).dump(), "sweep.list=\"\""});
}

/// For the host, whose kernels need no sizes, plans are those of the sweep's default board.
constexpr const char* kPlansOfHost = "virtual-m4";

/// Those of the queue: a sweep that was killed has left nothing else.
std::vector<std::string> measured_subnets(const RunDirectory& run) {
  std::vector<std::string> subnets;
  std::set<std::string> seen;
  for (const TaskOutcome& outcome : FarmQueue(run.database()).outcomes())
    if (outcome.measurement && seen.insert(outcome.candidate).second) subnets.push_back(outcome.candidate);
  return subnets;
}

json replayed(const std::string& subnet, const Board& board, const Result<Measurement, ProbeFailure>& measured) {
  json row = {{"subnet", subnet},      {"board", board.name}, {"latency_us", nullptr}, {"cycles", nullptr},
              {"provenance", nullptr}, {"failure", nullptr},  {"top1_fp32", nullptr}};
  if (!measured) {
    row["failure"] = measured.error().message;
    return row;
  }
  row["latency_us"] = measured->latency_us;
  row["cycles"] = measured->cycles;
  row["provenance"] = to_text(measured->provenance);
  return row;
}

}  // namespace

bool is_sweep(const RunDirectory& run) { return FarmQueue::is_in(run.database()); }

Model model_of_sweep(const RunDirectory& run, const std::string& text) {
  if (text.empty()) {
    const std::vector<std::string> subnets = measured_subnets(run);
    throw ConfigError({{"", 0, 0, "MODEL", run.path().string(),
                        "is a sweep and has no winner: name one of its subnets (sweep.csv lists them): RUN:" +
                            (subnets.empty() ? "SUBNET" : subnets.front())}});
  }
  const SearchSpace space = load_space(run.space_copy().string());
  const auto subnet = parse_subnet(text, space);
  if (!subnet) throw ConfigError({{"", 0, 0, "MODEL", text, subnet.error()}});
  Model model = with_random_weights(to_graph(space, *subnet));
  model.name = text;
  return model;
}

json replay_sweep(const RunDirectory& run, const std::string& board_name) {
  const Board board = load_board(board_name);
  const std::vector<std::string> subnets = measured_subnets(run);
  if (subnets.empty()) throw ConfigError({{run.path().string(), 0, 0, "", "", "has measured nothing yet"}});
  const SweepJob job = job_of(run, board.kind() == BoardKind::kHost ? kPlansOfHost : board_name);
  const SweepTasks tasks(job, cache_of(run.path().parent_path()), subnets);
  MeasurementStore store(run.database());
  const auto probe = make_probe(board);
  json rows = json::array();
  Progress bar("subnets on " + board.name, static_cast<std::int64_t>(subnets.size()));
  for (const std::string& subnet : subnets) {
    throw_if_stopped();
    const auto plan = tasks.plan_of(subnet, job.boards.front().board);
    const auto measured =
        plan ? measure(*plan, *probe, store, job.options.run) : Result<Measurement, ProbeFailure>(plan.error());
    if (!measured && is_boards_fault(measured.error()))
      throw BoardError(board.name + ": " + unnamed(board.name, measured.error().message));
    rows.push_back(replayed(subnet, board, measured));
    bar.update(static_cast<std::int64_t>(rows.size()));
  }
  return rows;
}

}  // namespace thimble
