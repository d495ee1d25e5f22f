#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/job_context.hpp"
#include "cli/print_json.hpp"
#include "cli/progress.hpp"
#include "cli/space_stage.hpp"
#include "cli/stop.hpp"
#include "cli/sweep/finished_sweep.hpp"
#include "evaluators/board_times.hpp"
#include "profiler/provenance.hpp"

using nlohmann::json;

namespace thimble {

namespace {

json replay_front(const std::string& path, RunDirectory run, const Board& board) {
  const json front = read_json(run.front_json());
  if (front.is_null()) throw ConfigError({{path, 0, 0, "", "", "has no front yet: its search is not finished"}});
  const Job job = load_job_of(run);
  JobContext context(job, std::move(run));
  const SubnetPlanner planner = subnet_planner(context, job.search_space);
  BoardTimes times(make_probe(board), context.run().database());
  json rows = json::array();
  Progress bar("front on " + board.name, static_cast<std::int64_t>(front["front"].size()));
  for (const json& entry : front["front"]) {
    throw_if_stopped();
    const auto subnet = parse_subnet(entry["subnet"].get<std::string>(), job.search_space);
    if (!subnet) throw Error(path + ": front.json: " + subnet.error());
    const auto planned = planner.plan(*subnet);
    if (!planned) throw Error(path + ": front.json: " + to_text(planned.error()));
    const auto measured = times.measure(*planned);
    json row = {{"subnet", entry["subnet"]}, {"top1_fp32", entry["top1_fp32"]}, {"board", board.name}};
    row["latency_us"] = measured ? json(measured->latency_us) : json();
    row["cycles"] = measured ? json(measured->cycles) : json();
    row["provenance"] = measured ? json(to_text(measured->provenance)) : json();
    row["failure"] = measured ? json() : json(measured.error().message);
    rows.push_back(row);
    bar.update(static_cast<std::int64_t>(rows.size()));
  }
  return rows;
}

}  // namespace

int replay_command(const std::string& path, const std::string& board_name, bool as_json) {
  const Board board = load_board(board_name);
  RunDirectory run = RunDirectory::open(path);
  const json rows = is_sweep(run) ? replay_sweep(run, board_name) : replay_front(path, std::move(run), board);
  if (as_json) return print_json(rows);
  for (const json& row : rows) {
    if (row["failure"].is_null())
      std::printf("%-60s %10.3f ms (%s)\n", row["subnet"].get<std::string>().c_str(),
                  row["latency_us"].get<double>() / 1e3, row["provenance"].get<std::string>().c_str());
    else
      std::printf("%-60s %s\n", row["subnet"].get<std::string>().c_str(), row["failure"].get<std::string>().c_str());
  }
  if (board.kind() == BoardKind::kVirtual) std::printf("%s\n", cycle_model_caveat(board.core).c_str());
  return 0;
}

}  // namespace thimble
