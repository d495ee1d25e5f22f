#include "cli/sweep/sweep_tasks.hpp"

#include <algorithm>
#include <set>

#include "cli/progress.hpp"
#include "cli/stop.hpp"
#include "evaluators/board_planner.hpp"
#include "evaluators/limits.hpp"
#include "graph/base/error.hpp"
#include "search/space/random_subnets.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kSweepStream = 0x7377656570;
constexpr int kIdleDraws = 5000;

}  // namespace

SweepTasks::SweepTasks(const SweepJob& job, const std::filesystem::path& cache, std::vector<std::string> known)
    : space_(job.space), candidates_(std::move(known)) {
  for (const FarmBoard& unit : job.boards) {
    const Board& board = unit.board;
    if (types_.count(board.type())) continue;
    const MemoryLimits limits = memory_limits(board, job.sram_kb, job.flash_kb);
    types_.emplace(board.type(), Type{board, board_planner(space_, board, job.mode, limits, cache), limits});
  }
  if (candidates_.empty()) candidates_ = job.list.empty() ? draw(job) : listed(job);
}

std::vector<std::string> SweepTasks::listed(const SweepJob& job) const {
  std::vector<std::string> found;
  std::set<std::string> seen;
  for (const Subnet& subnet : load_subnets(job.list, space_))
    if (seen.insert(to_text(subnet)).second) found.push_back(to_text(subnet));
  return found;
}

std::vector<Board> SweepTasks::types() const {
  std::vector<Board> boards;
  for (const auto& [name, type] : types_) boards.push_back(type.board);
  return boards;
}

std::vector<std::string> SweepTasks::draw(const SweepJob& job) const {
  std::vector<std::string> found;
  std::set<std::string> seen;
  Progress bar("subnets that fit", job.subnets);
  RandomSubnets draws(space_, job.seed, kSweepStream, kIdleDraws);
  const auto takes = [&](const Subnet& subnet) {
    throw_if_stopped();
    return seen.insert(to_text(subnet)).second && fits_somewhere(subnet);
  };
  while (static_cast<int>(found.size()) < job.subnets) {
    const std::optional<Subnet> subnet = draws.next(takes);
    if (!subnet) break;
    found.push_back(to_text(*subnet));
    bar.update(static_cast<std::int64_t>(found.size()));
  }
  if (static_cast<int>(found.size()) < job.subnets)
    throw DoesNotFitError(
        job.file.string() + ": sweep.subnets = " + std::to_string(job.subnets) + ": only " +
        std::to_string(found.size()) +
        " different random ones were found that fit the boards and target.sram_kb, flash_kb; the next " +
        std::to_string(kIdleDraws) + " did not");
  return found;
}

bool SweepTasks::fits_somewhere(const Subnet& subnet) const {
  return std::any_of(types_.begin(), types_.end(),
                     [&](const auto& entry) { return plan_of(subnet, entry.second).has_value(); });
}

Result<ProbePlan, ProbeFailure> SweepTasks::plan_of(const std::string& candidate, const Board& board) const {
  const auto subnet = parse_subnet(candidate, space_);
  if (!subnet) return ProbeFailure{.kind = FailureKind::kCandidate, .code = "not_in_space", .message = subnet.error()};
  return plan_of(*subnet, types_.at(board.type()));
}

Graph SweepTasks::graph_of(const std::string& candidate) const {
  const auto subnet = parse_subnet(candidate, space_);
  THIMBLE_CHECK(subnet.has_value(), "a candidate is of the space");
  return to_graph(space_, *subnet);
}

Result<ProbePlan, ProbeFailure> SweepTasks::plan_of(const Subnet& subnet, const Type& type) const {
  const auto planned = type.planner.plan(subnet);
  if (!planned)
    return ProbeFailure{.kind = FailureKind::kCandidate, .code = "no_plan", .message = to_text(planned.error())};
  const Footprint& size = planned->footprint;
  const Fit fit = check(
      {static_cast<double>(type.limits.sram_bytes) / 1024, static_cast<double>(type.limits.flash_bytes) / 1024, 0},
      {size.peak_sram_bytes(), size.flash_bytes(), {}});
  if (!fit.holds()) return ProbeFailure{.kind = FailureKind::kCandidate, .code = "does_not_fit", .message = fit.reason};
  return probe_plan(planned->plan, planned->graph);
}

}  // namespace thimble
