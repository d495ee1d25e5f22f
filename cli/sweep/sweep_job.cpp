#include "cli/sweep/sweep_job.hpp"

#include <map>
#include <sstream>

#include "cli/job_reading.hpp"
#include "graph/base/files.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

void read_options(ConfigMap& map, SweepOptions& options) {
  map.read("runs", options.run.runs, {.least = 1, .most = 100});
  map.read("per_layer", options.run.per_layer);
  map.read("deadline_s", options.run.deadline_s, {.above = 0, .most = 86400});
  map.read("shard", options.shard, {.least = 1, .most = 100000});
  map.read("patience_s", options.patience_s, {.least = 0, .most = 86400});
  map.read("most_failures", options.most_failures, {.least = 1, .most = 100});
  options.lease_s = 20 * options.run.deadline_s;
}

/// A board's file is looked for beside the job first.
Board load_board_of(const std::string& name, const fs::path& folder) {
  const fs::path beside = folder / name;
  return load_board(fs::path(name).extension() == ".yaml" && fs::exists(beside) ? beside.string() : name);
}

/// Names the units: of a virtual board that stands there more than once "virtual-m4#1", "virtual-m4#2".
std::vector<FarmBoard> as_units(const std::vector<Board>& boards) {
  std::map<std::string, int> all, seen;
  for (const Board& board : boards) ++all[board.name];
  std::vector<FarmBoard> units;
  for (const Board& board : boards) {
    const std::string number = all[board.name] > 1 ? "#" + std::to_string(++seen[board.name]) : "";
    units.push_back({board.name + number, board});
  }
  return units;
}

/// What makes two boards of the list one and the same.
void check_distinct(const std::vector<Board>& boards, ConfigMap& map) {
  std::map<std::string, std::string> names, serials, ports;
  const auto claim = [&](std::map<std::string, std::string>& taken, const std::string& value, const std::string& board,
                         const std::string& what) {
    if (value.empty()) return;
    const auto [other, is_new] = taken.emplace(value, board);
    if (!is_new)
      map.problem("boards", what + " " + value + " belongs to " + other->second + " and to " + board +
                                ": every board needs its own");
  };
  for (const Board& board : boards) {
    if (board.kind() == BoardKind::kVirtual) continue;
    claim(names, board.name, board.name, "the name");
    claim(serials, board.probe_serial, board.name, "probe_serial");
    claim(ports, board.usb_path, board.name, "usb_path");
  }
}

/// Boards of one type share the work: what one measured must hold for the others.
void check_types(const std::vector<Board>& boards, ConfigMap& map) {
  std::map<std::string, const Board*> first;
  for (const Board& board : boards) {
    const Board& other = *first.emplace(board.type(), &board).first->second;
    const auto require = [&](bool equal, const std::string& key) {
      if (!equal)
        map.problem("boards", other.name + " and " + board.name + " are both of startup: " + board.type() +
                                  " and so must have the same " + key);
    };
    require(board.clock_mhz == other.clock_mhz, "clock_mhz");
    require(board.ram_size_kb == other.ram_size_kb, "ram_size_kb");
    require(board.flash_size_kb == other.flash_size_kb, "flash_size_kb");
  }
}

void read_boards(ConfigMap& map, const fs::path& folder, const std::string& target_board, SweepJob& job,
                 std::vector<ConfigIssue>& issues) {
  std::vector<std::string> names;
  map.read("boards", names);
  if (names.empty()) names = {target_board};
  std::vector<Board> boards;
  for (const std::string& name : names) {
    try {
      boards.push_back(load_board_of(name, folder));
      if (boards.back().kind() == BoardKind::kHost) map.problem("boards", "must be boards; host is this computer");
    } catch (const ConfigError& e) {
      for (const ConfigIssue& issue : e.issues()) {
        if (issue.file.empty())
          map.problem("boards", name + ": " + issue.rule);
        else
          issues.push_back(issue);
      }
    }
  }
  check_distinct(boards, map);
  check_types(boards, map);
  job.boards = as_units(boards);
}

}  // namespace

SweepJob load_sweep_job(const fs::path& file, const std::vector<std::string>& overrides) {
  SweepJob job;
  job.file = file;
  ConfigFile config = ConfigFile::load(file.string(), overrides);
  ConfigMap root = config.root();
  const fs::path folder = fs::absolute(file).parent_path();
  std::int64_t seed = 1;
  read_name(root, file, job.name);
  root.read("seed", seed, {.least = 0});
  job.seed = static_cast<std::uint64_t>(seed);
  for (const char* key : {"threads", "data", "supernet", "search"}) root.skip(key);
  ConfigMap space = root.map("space", true), target = root.map("target"), deploy = root.map("deploy");
  space.require("file");
  for (const char* key : {"samples", "keep"}) space.skip(key);
  std::string space_file, list;
  read_path(space, "file", folder, space_file);
  job.space_file = space_file;
  std::string board = "virtual-m4";
  target.read("board", board);
  target.read("sram_kb", job.sram_kb, {.least = 0});
  target.read("flash_kb", job.flash_kb, {.least = 0});
  for (const char* key : {"latency_ms", "latency_model"}) target.skip(key);
  deploy.read_choice("mode", job.mode, {"speed", "size"});
  deploy.skip_rest();
  ConfigMap sweep = root.map("sweep");
  sweep.read("subnets", job.subnets, {.least = 1, .most = 1e6});
  sweep.read("known_answers", job.known_answers, {.least = 0, .most = 1000});
  read_path(sweep, "list", folder, list);
  job.list = list;
  if (!job.list.empty() && !fs::is_regular_file(job.list))
    sweep.problem("list", "must be a file of subnets; there is none");
  read_options(sweep, job.options);
  std::vector<ConfigIssue> issues;
  read_boards(sweep, folder, board, job, issues);
  collect(issues, [&] { config.finish(); });
  if (!job.space_file.empty()) collect(issues, [&] { job.space = load_space(job.space_file.string()); });
  if (!issues.empty()) throw ConfigError(issues);
  if (!job.list.empty()) load_subnets(job.list, job.space);
  job.resolved_yaml = config.to_yaml();
  return job;
}

std::vector<Subnet> load_subnets(const fs::path& list, const SearchSpace& space) {
  std::istringstream text(read_file(list));
  std::vector<Subnet> subnets;
  std::vector<ConfigIssue> issues;
  int number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    const auto subnet = parse_subnet(line, space);
    if (subnet)
      subnets.push_back(*subnet);
    else
      issues.push_back({list.string(), number, 1, "", line, subnet.error()});
  }
  if (subnets.empty() && issues.empty()) issues.push_back({list.string(), 0, 0, "", "", "has no subnets"});
  if (!issues.empty()) throw ConfigError(issues);
  return subnets;
}

}  // namespace thimble
