#include "profiler/board_target.hpp"

#include <vector>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

/// Takes `bytes` of a memory, where it has as many.
void limit(MemoryRegion& region, std::int64_t bytes, const std::string& key, const Target& target,
           std::vector<ConfigIssue>& issues) {
  if (bytes > region.bytes)
    issues.push_back({"", 0, 0, key, std::to_string(bytes / 1024),
                      "must be at most " + std::to_string(region.bytes / 1024) + ", as much as " + target.machine +
                          " has in one piece"});
  region.bytes = static_cast<std::uint32_t>(std::min<std::int64_t>(bytes, region.bytes));
}

}  // namespace

Target target_of(const Board& board) {
  const std::optional<Target> found = machine_target(board.qemu_machine);
  if (board.kind() != BoardKind::kVirtual || !found)
    throw ConfigError({{"", 0, 0, "board", board.name, "must be a virtual board: firmware is made for those so far"}});
  Target target = *found;
  std::vector<ConfigIssue> issues;
  if (board.core != target.cpu)
    issues.push_back({"", 0, 0, "core", board.core, "must be " + target.cpu + ", which " + target.machine + " has"});
  target.board = board.name;
  limit(target.ram, board.ram_bytes(), "ram_size_kb", target, issues);
  limit(target.flash, board.flash_bytes(), "flash_size_kb", target, issues);
  for (ConfigIssue& issue : issues) issue.key = board.name + "." + issue.key;
  if (!issues.empty()) throw ConfigError(issues);
  return target;
}

}  // namespace thimble
