#include "cli/sweep/sweep_tasks.hpp"

#include <algorithm>
#include <set>

#include "cli/progress.hpp"
#include "cli/stop.hpp"
#include "evaluators/limits.hpp"
#include "graph/base/error.hpp"
#include "profiler/board_target.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kSweepStream = 0x7377656570;
constexpr int kIdleDraws = 5000;

MemoryLimits limits_of(const SweepJob& job, const Board& board) {
  const auto bytes = [](double kb, std::int64_t whole) {
    return kb > 0 ? std::min(whole, static_cast<std::int64_t>(kb * 1024)) : whole;
  };
  return {bytes(job.sram_kb, board.ram_bytes()), bytes(job.flash_kb, board.flash_bytes())};
}

}  // namespace

SweepTasks::SweepTasks(const SweepJob& job, const std::filesystem::path& cache, std::vector<std::string> known)
    : space_(job.space), candidates_(std::move(known)) {
  const PlanMode mode = job.mode == "size" ? PlanMode::kSize : PlanMode::kSpeed;
  for (const FarmBoard& unit : job.boards) {
    const Board& board = unit.board;
    if (types_.count(board.type())) continue;
    const MemoryLimits limits = limits_of(job, board);
    types_.emplace(
        board.type(),
        Type{board, SubnetPlanner(space_, measure_code(target_of(board), cache, mode), {.mode = mode}, limits),
             limits});
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
  int idle = 0;
  for (int i = 0; idle < kIdleDraws && static_cast<int>(found.size()) < job.subnets; ++i) {
    throw_if_stopped();
    Rng rng{job.seed, kSweepStream, static_cast<std::uint64_t>(i)};
    const Subnet subnet = sample(space_, rng);
    const std::string text = to_text(subnet);
    ++idle;
    if (!seen.insert(text).second || !fits_somewhere(subnet)) continue;
    found.push_back(text);
    idle = 0;
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
