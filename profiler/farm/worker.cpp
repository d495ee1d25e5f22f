#include "profiler/farm/worker.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "graph/base/deadline.hpp"
#include "graph/base/error.hpp"
#include "profiler/farm/canary.hpp"
#include "profiler/farm/power.hpp"
#include "profiler/measure.hpp"
#include "profiler/statistics.hpp"

namespace thimble {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr std::size_t kBoardsForMedian = 3;
constexpr int kMostDiscarded = 3;

/// A plan that is not done in time says more of the board, or of the load, than of the plan.
bool is_boards_fault(const ProbeFailure& failure) {
  return failure.kind == FailureKind::kBoard || failure.code == "timeout";
}

std::int64_t median_of(const std::map<std::string, std::int64_t>& known) {
  std::vector<std::int64_t> cycles;
  for (const auto& [board, value] : known) cycles.push_back(value);
  return statistics_of(cycles).median;
}

std::string cycles_text(std::int64_t cycles) { return std::to_string(cycles) + " cycles"; }

}  // namespace

FarmWorker::FarmWorker(FarmBoard board, const SweepParts& parts, const SweepOptions& options,
                       const std::atomic<bool>& stopped)
    : board_(std::move(board)),
      type_(board_.board.type()),
      parts_(parts),
      options_(options),
      stopped_(stopped),
      queue_(parts.queue, options.most_failures),
      canary_(canary_plan()) {
  status_.name = board_.name;
  status_.board_type = type_;
}

BoardStatus FarmWorker::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void FarmWorker::set_state(const std::string& state, const std::string& candidate) {
  const std::lock_guard lock(mutex_);
  status_.state = state;
  status_.candidate = candidate;
}

void FarmWorker::note_trouble(const std::string& trouble) {
  {
    const std::lock_guard lock(mutex_);
    ++status_.troubles;
    status_.reason = trouble;
  }
  queue_.note_event(board_.name, trouble);
  parts_.tell(board_.name + ": " + trouble);
}

void FarmWorker::work() {
  bool goes_on = finish_open_shards();
  while (goes_on && may_go_on() && wait_for_task()) {
    goes_on = open_shard();
    if (!goes_on) break;
    do_shard();
    if (!given_up_) goes_on = close_shard(std::exchange(shard_, {})) || recover("the canary at the end disagreed");
  }
  probe_.reset();
  if (!given_up_ && status().state != "barred") set_state("ended");
}

/// Those of a process that died: this board's next canary is the one at their end.
bool FarmWorker::finish_open_shards() {
  for (const Shard& shard : queue_.open_shards())
    if (shard.board == board_.name && !close_shard(shard) && !recover("the canary after a resume disagreed"))
      return false;
  return true;
}

bool FarmWorker::may_go_on() {
  if (stopped_ || given_up_) return false;
  const std::string reason = parts_.barred(board_);
  if (reason.empty()) return true;
  note_trouble(reason);
  set_state("barred");
  return false;
}

bool FarmWorker::wait_for_task() {
  for (; !stopped_; std::this_thread::sleep_for(kPoll)) {
    queue_.expire(unix_time());
    const QueueCounts counts = queue_.counts(type_);
    if (counts.waiting > 0) return true;
    if (counts.leased + counts.measured == 0) return false;
    set_state("idle");
  }
  return false;
}

std::optional<std::int64_t> FarmWorker::run_canary() {
  set_state("canary");
  const Result<Measurement, ProbeFailure> result = try_run(canary_);
  if (result) return result->cycles;
  note_trouble("the canary failed: " + result.error().message);
  return {};
}

bool FarmWorker::open_shard() {
  std::optional<std::int64_t> cycles = run_canary();
  if (!cycles) {
    if (!recover("the canary failed")) return false;
    cycles = run_canary();
    if (!cycles) return give_up("the canary failed again"), false;
  }
  const std::string canary = key_of(canary_, *probe_).text();
  if (const std::string doubt = doubt_of(*cycles, queue_.canaries(canary)); !doubt.empty())
    return give_up(doubt), false;
  shard_ = queue_.begin_shard({.board = board_.name, .board_type = type_, .canary = canary, .canary_cycles = *cycles});
  return true;
}

/// The canary against what is known: most boards of the type, where there are three or more, else this board earlier.
std::string FarmWorker::doubt_of(std::int64_t cycles, const std::map<std::string, std::int64_t>& known) const {
  const auto own = known.find(board_.name);
  std::optional<std::int64_t> expected;
  if (own != known.end()) expected = own->second;
  if (known.size() >= kBoardsForMedian) expected = median_of(known);
  if (!expected || canaries_agree(cycles, *expected)) return "";
  return "the canary took " + cycles_text(cycles) + ", not " + cycles_text(*expected) + " as " +
         (known.size() >= kBoardsForMedian ? "on most boards of its type" : "before");
}

void FarmWorker::do_shard() {
  for (int i = 0; i < options_.shard && may_go_on(); ++i) {
    const std::optional<Lease> lease = queue_.take(board_.name, type_, shard_.id, unix_time(), options_.lease_s);
    if (!lease) return;
    if (!do_task(*lease) && !recover(status().reason)) return;
  }
}

bool FarmWorker::close_shard(const Shard& shard) {
  std::optional<std::int64_t> cycles = run_canary();
  if (!cycles && comes_back()) cycles = run_canary();
  const bool comparable = probe_ && shard.canary == key_of(canary_, *probe_).text();
  if (cycles && comparable && canaries_agree(*cycles, shard.canary_cycles)) {
    queue_.confirm_shard(shard.id, *cycles);
    discarded_ = 0;
    return true;
  }
  const std::string why = !cycles       ? "the canary failed at the end"
                          : !comparable ? "another build of the firmware measured it"
                                        : "the canary took " + cycles_text(*cycles) + " at the end and " +
                                              cycles_text(shard.canary_cycles) + " at the start";
  queue_.discard_shard(shard.id, why);
  note_trouble("a shard is measured again: " + why);
  if (++discarded_ >= kMostDiscarded) give_up("its canary does not hold: " + why);
  return false;
}

bool FarmWorker::do_task(const Lease& lease) {
  set_state("measuring", lease.candidate);
  const Result<ProbePlan, ProbeFailure> plan = parts_.plan_of(lease.candidate, board_.board);
  if (!plan) return queue_.fail(lease, plan.error().code, plan.error().message), true;
  const MeasurementKey key = key_of(*plan, *probe_);
  if (queue_.finish_known(lease, key)) return true;
  const Result<Measurement, ProbeFailure> result = try_run(*plan);
  if (result) {
    queue_.finish(lease, key, *result);
    const std::lock_guard lock(mutex_);
    ++status_.measured;
    return true;
  }
  if (!is_boards_fault(result.error())) return queue_.fail(lease, result.error().code, result.error().message), true;
  note_trouble(lease.candidate + ": " + result.error().message);
  queue_.give_back(lease, result.error().message);
  return false;
}

Result<Measurement, ProbeFailure> FarmWorker::try_run(const ProbePlan& plan) {
  try {
    if (!probe_) probe_ = parts_.make_probe(board_.board);
    return run_until_steady(plan, *probe_, options_.run);
  } catch (const BoardError& error) {
    return ProbeFailure{.code = "board_lost", .message = error.what()};
  }
}

void FarmWorker::wait(double seconds) const {
  for (const Deadline deadline(seconds); !stopped_ && !deadline.expired();) std::this_thread::sleep_for(kPoll);
}

bool FarmWorker::comes_back() {
  for (const double pause : options_.pauses_s) {
    set_state("recovering");
    wait(pause);
    if (stopped_) return false;
    probe_.reset();
    try {
      if (pause > 0 && power_cycle(board_.board)) parts_.tell(board_.name + ": power taken away and given back");
    } catch (const BoardError& error) {
      note_trouble(error.what());
    }
    if (run_canary()) return true;
  }
  return false;
}

bool FarmWorker::recover(const std::string& trouble) {
  if (given_up_) return false;
  if (comes_back()) return true;
  if (!stopped_) give_up(trouble);
  return false;
}

void FarmWorker::give_up(const std::string& reason) {
  given_up_ = true;
  if (shard_.id != 0) queue_.discard_shard(shard_.id, reason);
  note_trouble("quarantined: " + reason);
  set_state("quarantined");
  parts_.quarantined(board_, reason);
}

}  // namespace thimble
