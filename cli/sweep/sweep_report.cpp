#include "cli/sweep/sweep_report.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/page.hpp"
#include "cli/svg_plot.hpp"
#include "graph/base/files.hpp"
#include "profiler/provenance.hpp"

using nlohmann::json;

namespace thimble {
namespace {

/// Nobody was at work for so long: a sweep that was interrupted.
constexpr double kLongestGap = 600;

std::string fixed(double value, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string count_text(const json& value) { return std::to_string(value.get<std::int64_t>()); }

std::string time_text(double at) {
  const auto seconds = static_cast<std::time_t>(at);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  return text;
}

std::set<std::string> types_of(const SweepJob& job) {
  std::set<std::string> types;
  for (const FarmBoard& unit : job.boards) types.insert(unit.board.type());
  return types;
}

/// Seconds in which boards were at work.
double busy_seconds(const std::vector<FarmEvent>& moments) {
  double busy = 0;
  for (std::size_t i = 1; i < moments.size(); ++i) {
    const double gap = moments[i].at - moments[i - 1].at;
    if (gap > 0 && gap < kLongestGap) busy += gap;
  }
  return busy;
}

json result_facts(const TaskOutcome& outcome) {
  json result = {{"subnet", outcome.candidate},
                 {"board_type", outcome.board_type},
                 {"state", outcome.state},
                 {"code", outcome.code},
                 {"message", outcome.message},
                 {"cycles", nullptr},
                 {"instructions", nullptr},
                 {"latency_us", nullptr},
                 {"provenance", nullptr},
                 {"spread", nullptr},
                 {"runs", nullptr},
                 {"board", nullptr},
                 {"kernel_library_version", nullptr},
                 {"clock_hz", nullptr},
                 {"board_state", nullptr},
                 {"cache", nullptr},
                 {"energy_uj", nullptr}};
  if (!outcome.measurement) return result;
  const Measurement& m = *outcome.measurement;
  result["cycles"] = m.cycles;
  result["instructions"] = m.instructions;
  result["latency_us"] = m.latency_us;
  result["provenance"] = to_text(m.provenance);
  result["spread"] = m.spread;
  result["runs"] = m.runs;
  result["board"] = m.board;
  result["kernel_library_version"] = m.kernel_library_version;
  result["clock_hz"] = m.clock_hz;
  result["board_state"] = to_text(m.state);
  result["cache"] = to_text(m.cache);
  if (m.energy_uj) result["energy_uj"] = *m.energy_uj;
  return result;
}

json board_facts(const SweepJob& job, const SweepStatus& status, const std::vector<FarmEvent>& moments) {
  std::map<std::string, std::int64_t> measured;
  for (const FarmEvent& moment : moments) ++measured[moment.board];
  json boards = json::array();
  for (const FarmBoard& unit : job.boards) {
    json facts = {{"name", unit.name},
                  {"type", unit.board.type()},
                  {"core", unit.board.core},
                  {"clock_hz", unit.board.clock_hz()},  // until the board says otherwise
                  {"modelled", unit.board.kind() == BoardKind::kVirtual},
                  {"measured", measured[unit.name]}};
    for (const BoardStatus& board : status.boards) {
      if (board.name != unit.name) continue;
      if (board.clock_hz > 0) facts["clock_hz"] = board.clock_hz;
      facts["state"] = board.state;
      facts["troubles"] = board.troubles;
      facts["reason"] = board.reason;
    }
    boards.push_back(facts);
  }
  return boards;
}

json event_facts(const std::vector<FarmEvent>& events) {
  json list = json::array();
  for (const FarmEvent& event : events)
    list.push_back({{"at", event.at}, {"board", event.board}, {"text", event.text}});
  return list;
}

/// Measured so far over seconds, at most some 200 points.
json progress_facts(const std::vector<FarmEvent>& moments) {
  json points = json::array();
  const std::size_t step = moments.size() / 200 + 1;
  for (std::size_t i = 0; i < moments.size(); i += step) points.push_back({moments[i].at - moments.front().at, i + 1});
  return points;
}

std::string summary_line(const json& facts) {
  const json& counts = facts["counts"];
  std::string line = count_text(counts["done"]) + " of " + count_text(facts["tasks"]) + " measured";
  const auto add = [&](const char* key, const char* words) {
    if (counts[key].get<std::int64_t>() > 0) line += ", " + count_text(counts[key]) + words;
  };
  add("failed", " failed (the candidate's own fault)");
  add("undecided", " undecided (boards failed them too often)");
  add("waiting", " still waiting");
  return line + "; " + fixed(facts["candidates_per_hour"].get<double>(), 0) + " candidates an hour";
}

std::vector<Row> board_rows(const json& facts) {
  std::vector<Row> rows{{"board", "type", "measured", "troubles", "state", "last trouble"}};
  for (const json& b : facts["boards"])
    rows.push_back({b["name"], b["type"], count_text(b["measured"]), count_text(b.value("troubles", json(0))),
                    b.value("state", ""), b.value("reason", "")});
  return rows;
}

std::vector<Row> failure_rows(const json& facts) {
  std::vector<Row> rows{{"subnet", "board type", "state", "code", "message"}};
  for (const json& r : facts["results"])
    if (r["state"] != "done") rows.push_back({r["subnet"], r["board_type"], r["state"], r["code"], r["message"]});
  return rows;
}

/// The fastest and the slowest of each type of board.
std::vector<Row> extreme_rows(const json& facts) {
  std::map<std::string, std::vector<const json*>> by_type;
  for (const json& r : facts["results"])
    if (r["state"] == "done") by_type[r["board_type"]].push_back(&r);
  std::vector<Row> rows{{"subnet", "board type", "latency ms", "cycles", "latency is"}};
  for (auto& [type, results] : by_type) {
    std::stable_sort(results.begin(), results.end(), [](const json* a, const json* b) {
      return (*a)["latency_us"].get<double>() < (*b)["latency_us"].get<double>();
    });
    std::vector<const json*> shown{results.front()};
    if (results.size() > 2) shown.push_back(results[(results.size() - 1) / 2]);
    if (results.size() > 1) shown.push_back(results.back());
    for (const json* r : shown)
      rows.push_back({(*r)["subnet"], type, fixed((*r)["latency_us"].get<double>() / 1e3, 3),
                      count_text((*r)["cycles"]), (*r)["provenance"]});
  }
  return rows;
}

std::vector<Row> answer_rows(const json& facts) {
  std::vector<Row> rows{{"subnet", "board", "answers", "message"}};
  for (const json& r : facts.value("known_answers", json::array())) {
    const std::string verdict = r["bit_exact"].is_null()     ? "not asked"
                                : r["bit_exact"].get<bool>() ? count_text(r["cases"]) + " as the int8 reference"
                                                             : "WRONG";
    rows.push_back({r["subnet"], r["board"].is_null() ? r["board_type"] : r["board"], verdict, r["message"]});
  }
  return rows;
}

std::vector<Row> event_rows(const json& facts) {
  std::vector<Row> rows{{"time", "board", "what happened"}};
  for (const json& event : facts["events"])
    rows.push_back({time_text(event["at"].get<double>()), event["board"], event["text"]});
  return rows;
}

std::vector<std::string> caveats(const json& facts) {
  std::set<std::string> texts;
  for (const json& board : facts["boards"])
    if (board["modelled"].get<bool>()) texts.insert(cycle_model_caveat(board["core"].get<std::string>()));
  return {texts.begin(), texts.end()};
}

struct Section {
  std::string title;
  std::vector<Row> rows;
};

std::vector<Section> sections_of(const json& facts) {
  std::vector<Section> sections{{"Boards", board_rows(facts)},
                                {"Not measured", failure_rows(facts)},
                                {"Fastest, median, slowest", extreme_rows(facts)},
                                {"Known answers", answer_rows(facts)},
                                {"What happened", event_rows(facts)}};
  std::erase_if(sections, [](const Section& section) { return section.rows.size() < 2; });
  return sections;
}

Plot progress_plot(const json& progress) {
  const bool in_hours = progress.back()[0].get<double>() > 7200;
  PlotSeries line{"", {}};
  for (const json& p : progress)
    line.points.emplace_back(p[0].get<double>() / (in_hours ? 3600 : 60), p[1].get<double>());
  return {"Measured so far", in_hours ? "hours" : "minutes", "subnets", {line}, false};
}

std::string title_of(const json& facts) { return "Sweep " + facts["job"].get<std::string>(); }

std::string trust_line(const json& facts) {
  return "Measured twice: " + count_text(facts["measured_twice"]) +
         ". Shards that were discarded and measured again: " + count_text(facts["discarded_shards"]) + " (" +
         count_text(facts["discarded_measurements"]) + " measurements).";
}

}  // namespace

json sweep_facts(const SweepJob& job, const FarmQueue& queue, const FarmHistory& history, const SweepStatus& status) {
  const std::vector<FarmEvent> moments = history.measurements_over_time();
  const double busy = busy_seconds(moments);
  json results = json::array();
  for (const TaskOutcome& outcome : queue.outcomes()) results.push_back(result_facts(outcome));
  QueueCounts counts;
  for (const std::string& type : types_of(job)) counts += queue.counts(type);
  return {{"job", job.name},
          {"space", job.space.name},
          {"seed", job.seed},
          {"tasks", counts.all()},
          {"counts",
           {{"done", counts.done},
            {"failed", counts.failed},
            {"undecided", counts.undecided},
            {"waiting", counts.waiting + counts.leased + counts.measured}}},
          {"measured_twice", history.measured_twice()},
          {"discarded_shards", history.discarded_shards()},
          {"discarded_measurements", history.discarded_measurements()},
          {"tasks_of_other_boards", queue.counts().all() - counts.all()},
          {"seconds", busy},
          {"candidates_per_hour", busy > 0 ? static_cast<double>(moments.size() - 1) / busy * 3600 : 0.0},
          {"boards", board_facts(job, status, moments)},
          {"events", event_facts(history.events())},
          {"progress", progress_facts(moments)},
          {"results", results}};
}

std::string sweep_csv(const json& facts) {
  std::string csv = "subnet,board_type,state,cycles,instructions,latency_us,provenance,code\n";
  for (const json& r : facts["results"]) {
    csv +=
        r["subnet"].get<std::string>() + "," + r["board_type"].get<std::string>() + "," + r["state"].get<std::string>();
    for (const char* key : {"cycles", "instructions", "latency_us", "provenance", "code"})
      csv += "," + (r[key].is_null() ? "" : r[key].is_string() ? r[key].get<std::string>() : r[key].dump());
    csv += "\n";
  }
  return csv;
}

std::string sweep_markdown(const json& facts) {
  std::string text = "# " + title_of(facts) + "\n\n" + summary_line(facts) + ". " + trust_line(facts) + "\n";
  for (const Section& section : sections_of(facts))
    text += "\n## " + section.title + "\n\n" + markdown_table(section.rows);
  for (const std::string& caveat : caveats(facts)) text += "\n" + caveat + "\n";
  return text;
}

std::string sweep_html(const json& facts) {
  std::string body = "<h1>" + escape_html(title_of(facts)) + "</h1><p>" + escape_html(summary_line(facts)) + ". " +
                     escape_html(trust_line(facts)) + "</p>";
  if (facts["progress"].size() > 1) body += "<div class='plots'>" + to_svg(progress_plot(facts["progress"])) + "</div>";
  for (const Section& section : sections_of(facts)) {
    body += "<h2>" + section.title + "</h2><div class='wide'><table>";
    for (const Row& row : section.rows) body += html_row(row, &row == &section.rows.front() ? "th" : "td");
    body += "</table></div>";
  }
  for (const std::string& caveat : caveats(facts)) body += "<p>" + escape_html(caveat) + "</p>";
  return html_page("Thimble: " + title_of(facts), body);
}

void write_sweep_reports(const RunDirectory& run, const json& facts) {
  write_file_atomically(run.path() / "sweep.csv", sweep_csv(facts));
  write_file_atomically(run.path() / "sweep.md", sweep_markdown(facts));
  write_file_atomically(run.report(), sweep_html(facts));
}

std::filesystem::path sweep_json(const RunDirectory& run) { return run.path() / "sweep.json"; }

}  // namespace thimble
