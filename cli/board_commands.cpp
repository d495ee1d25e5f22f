#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/board_state_facts.hpp"
#include "cli/commands.hpp"
#include "cli/page.hpp"
#include "cli/print_json.hpp"
#include "profiler/board.hpp"
#include "profiler/board_registry.hpp"
#include "profiler/doctor.hpp"
#include "profiler/farm/canary.hpp"
#include "profiler/farm/queue.hpp"
#include "profiler/probe.hpp"

using nlohmann::json;

namespace thimble {
namespace {

const char* kind_text(BoardKind kind) {
  switch (kind) {
    case BoardKind::kHost:
      return "host";
    case BoardKind::kVirtual:
      return "virtual";
    case BoardKind::kHardware:
      return "hardware";
  }
  return "";
}

std::string who() {
  const char* user = std::getenv("USER");
  return user && *user ? user : "user " + std::to_string(::getuid());
}

/// "free", "in use by process 123", or a mark.
std::string use_of(const std::string& board, const std::map<std::string, BoardMark>& marks) {
  const auto mark = marks.find(board);
  if (mark != marks.end())
    return std::string(to_text(mark->second.kind)) + " by " + mark->second.by + ": " + mark->second.reason;
  const std::string user = BoardLock::user_of(board);
  return user.empty() ? "free" : "in use by process " + user;
}

json board_facts(const Board& board, const std::map<std::string, BoardMark>& marks) {
  return {{"name", board.name},
          {"display_name", board.display_name},
          {"kind", kind_text(board.kind())},
          {"core", board.core},
          {"clock_hz", board.clock_hz()},
          {"sram_bytes", board.ram_bytes()},
          {"flash_bytes", board.flash_bytes()},
          {"use", use_of(board.name, marks)}};
}

/// "ok", or why the board's probe cannot be made.
std::string readiness_of(const Board& board) {
  try {
    make_probe(board);
    return "ok";
  } catch (const Error& e) {
    return e.what();
  }
}

/// Runs a small network there: its cycles and the state of the board, or why not.
json canary_on(const Board& board) {
  json facts = {{"state", "ok"}, {"canary_cycles", nullptr}, {"board_state", nullptr}};
  try {
    const auto result = make_probe(board)->run(canary_plan(), {});
    if (result) {
      facts["canary_cycles"] = result->cycles;
      facts["board_state"] = board_state_facts(board, result->state);
    } else {
      facts["state"] = result.error().message;
    }
  } catch (const BoardError& e) {
    facts["state"] = e.what();
  }
  return facts;
}

int show(const json& list, bool as_json) {
  bool all_good = true;
  std::vector<Row> rows{{"board", "kind", "core", "MHz", "KB SRAM", "KB flash", "use", "state", "is"}};
  for (const json& b : list) {
    const std::string state = b.value("state", "");
    all_good = all_good && (state.empty() || state == "ok");
    const std::string cycles = b.contains("canary_cycles") && !b["canary_cycles"].is_null()
                                   ? ", canary " + std::to_string(b["canary_cycles"].get<std::int64_t>()) +
                                         " cycles; " + b["board_state"]["text"].get<std::string>()
                                   : "";
    if (!b.contains("kind")) {
      rows.push_back({b["name"], "", "", "", "", "", b["use"], "", ""});
      continue;
    }
    rows.push_back({b["name"], b["kind"], b["core"], std::to_string(std::lround(b["clock_hz"].get<double>() / 1e6)),
                    std::to_string(b["sram_bytes"].get<std::int64_t>() / 1024),
                    std::to_string(b["flash_bytes"].get<std::int64_t>() / 1024), b["use"], state + cycles,
                    b["display_name"]});
  }
  if (as_json)
    print_json(list);
  else
    std::fputs(text_table(rows).c_str(), stdout);
  return all_good ? 0 : 4;
}

json list_boards(const BoardsOptions& options) {
  const std::map<std::string, BoardMark> marks = BoardRegistry().marks();
  const bool check = options.action == "check";
  json list = json::array();
  for (const std::string& name : options.boards.empty() ? board_names() : options.boards) {
    const Board board = load_board(name);
    json facts = board_facts(board, marks);
    if (check && options.boards.empty()) facts["state"] = readiness_of(board);
    if (check && !options.boards.empty()) facts.update(canary_on(board));
    list.push_back(facts);
  }
  if (!options.boards.empty() || check) return list;
  const std::vector<std::string> built_in = board_names();
  for (const auto& [name, mark] : marks)
    if (std::find(built_in.begin(), built_in.end(), name) == built_in.end())
      list.push_back({{"name", name}, {"use", use_of(name, marks)}});  // of a board file somewhere
  return list;
}

/// A board's name as marks know it: a file's is its stem.
/// @error ConfigError  no such board, and no mark of that name
std::string name_of(const std::string& board, const BoardRegistry& registry) {
  return registry.mark_of(board) ? board : load_board(board).name;
}

void require_boards(const BoardsOptions& options) {
  if (options.boards.empty())
    throw ConfigError({{"", 0, 0, "BOARD", "", "boards " + options.action + " needs a board's name"}});
}

int mark_boards(const BoardsOptions& options, BoardMark::Kind kind) {
  require_boards(options);
  BoardRegistry registry;
  const std::string reason = options.reason.empty() ? "no reason given" : options.reason;
  std::vector<std::string> names;
  for (const std::string& board : options.boards) names.push_back(name_of(board, registry));
  for (const std::string& name : names) {
    registry.mark(name, {kind, reason, who(), unix_time()});
    if (!options.json)
      std::printf("%s is %s: sweeps leave it alone from their next subnet on\n", name.c_str(), to_text(kind));
  }
  return options.json ? print_json({{to_text(kind), names}}) : 0;
}

int release_boards(const BoardsOptions& options) {
  require_boards(options);
  BoardRegistry registry;
  std::vector<std::string> names;
  for (const std::string& board : options.boards) names.push_back(name_of(board, registry));
  json released = json::array();
  for (const std::string& name : names) {
    const bool was_marked = registry.release(name);
    if (was_marked) released.push_back(name);
    if (!options.json)
      std::printf("%s %s\n", name.c_str(), was_marked ? "is free again" : "was neither locked nor quarantined");
  }
  return options.json ? print_json({{"released", released}}) : 0;
}

}  // namespace

int boards_command(const BoardsOptions& options) {
  if (options.action == "lock") return mark_boards(options, BoardMark::Kind::kLocked);
  if (options.action == "quarantine") return mark_boards(options, BoardMark::Kind::kQuarantined);
  if (options.action == "release") return release_boards(options);
  return show(list_boards(options), options.json);
}

int doctor_command(bool as_json) {
  json list = json::array();
  bool complete = true;
  for (const Tool& tool : find_tools()) {
    complete = complete && (tool.found || !tool.required);
    list.push_back({{"name", tool.name},
                    {"purpose", tool.purpose},
                    {"required", tool.required},
                    {"found", tool.found},
                    {"version", tool.version},
                    {"remedy", tool.remedy}});
    if (as_json) continue;
    const char* state = tool.found ? "ok" : tool.required ? "MISSING" : "absent";
    std::printf("%-8s %-22s %s\n", state, tool.name.c_str(), tool.found ? tool.version.c_str() : tool.purpose.c_str());
    if (!tool.found) std::printf("         %-22s get it with: %s\n", "", tool.remedy.c_str());
  }
  if (as_json) print_json(list);
  return complete ? 0 : 1;
}

}  // namespace thimble
