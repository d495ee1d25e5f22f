#include "profiler/board_target.hpp"

#include <algorithm>
#include <vector>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

std::string name_of(const Target& target) { return target.machine.empty() ? target.startup : target.machine; }

/// Takes `bytes` of a memory, where it has as many.
void limit(MemoryRegion& region, std::int64_t bytes, const std::string& key, const Target& target,
           std::vector<ConfigIssue>& issues) {
  if (bytes > region.bytes)
    issues.push_back({"", 0, 0, key, std::to_string(bytes / 1024),
                      "must be at most " + std::to_string(region.bytes / 1024) + ", as much as " + name_of(target) +
                          " has in one piece"});
  region.bytes = static_cast<std::uint32_t>(std::min<std::int64_t>(bytes, region.bytes));
}

Target known_target(const Board& board) {
  if (board.kind() == BoardKind::kHost)
    throw ConfigError(
        {{"", 0, 0, "board", board.name, "must be a microcontroller: there is no firmware for the host"}});
  const bool is_virtual = board.kind() == BoardKind::kVirtual;
  const auto found = is_virtual ? machine_target(board.qemu_machine) : startup_target(board.startup);
  if (found) return *found;
  std::string rule = is_virtual ? "must be one of" : "there is no start-up code for this board; name that of another:";
  for (const std::string& name : is_virtual ? machine_names() : startup_names()) rule += " " + name;
  throw ConfigError({{"", 0, 0, board.name + (is_virtual ? ".qemu_machine" : ".startup"),
                      is_virtual ? board.qemu_machine : board.startup, rule}});
}

}  // namespace

Target target_of(const Board& board) {
  Target target = known_target(board);
  std::vector<ConfigIssue> issues;
  if (board.core != target.cpu)
    issues.push_back({"", 0, 0, "core", board.core, "must be " + target.cpu + ", which " + name_of(target) + " has"});
  target.board = board.name;
  target.openocd_config = board.openocd_config;
  limit(target.ram, board.ram_bytes(), "ram_size_kb", target, issues);
  limit(target.flash, board.flash_bytes(), "flash_size_kb", target, issues);
  for (ConfigIssue& issue : issues) issue.key = board.name + "." + issue.key;
  if (!issues.empty()) throw ConfigError(issues);
  return target;
}

}  // namespace thimble
