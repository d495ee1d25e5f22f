#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/print_json.hpp"
#include "profiler/board.hpp"
#include "profiler/doctor.hpp"
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

json board_facts(const Board& board) {
  return {{"name", board.name},
          {"display_name", board.display_name},
          {"kind", kind_text(board.kind())},
          {"core", board.core},
          {"clock_hz", board.clock_hz()},
          {"sram_bytes", board.ram_bytes()},
          {"flash_bytes", board.flash_bytes()}};
}

/// "ok", or why the board's probe cannot be used now.
std::string state_of(const Board& board) {
  try {
    make_probe(board);
    return "ok";
  } catch (const Error& e) {
    return e.what();
  }
}

}  // namespace

int boards_command(const std::string& action, bool as_json) {
  json list = json::array();
  bool all_good = true;
  for (const std::string& name : board_names()) {
    const Board board = load_board(name);
    json facts = board_facts(board);
    if (action == "check") {
      facts["state"] = state_of(board);
      all_good = all_good && facts["state"] == "ok";
    }
    list.push_back(facts);
  }
  if (as_json) {
    print_json(list);
  } else {
    for (const json& b : list) {
      std::printf("%-20s %-9s %-11s %4.0f MHz %6ld KB SRAM %6ld KB flash  %s%s%s\n",
                  b["name"].get<std::string>().c_str(), b["kind"].get<std::string>().c_str(),
                  b["core"].get<std::string>().c_str(), b["clock_hz"].get<double>() / 1e6,
                  b["sram_bytes"].get<long>() / 1024, b["flash_bytes"].get<long>() / 1024,
                  b["display_name"].get<std::string>().c_str(), b.contains("state") ? "  " : "",
                  b.contains("state") ? b["state"].get<std::string>().c_str() : "");
    }
  }
  return all_good ? 0 : 4;
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
