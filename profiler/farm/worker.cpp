#include "profiler/farm/worker.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "profiler/farm/canary.hpp"
#include "profiler/statistics.hpp"

namespace thimble {
namespace {

constexpr auto kTaskPoll = std::chrono::milliseconds(50);
constexpr std::size_t kBoardsForMedian = 3, kMostFailed = 5;
constexpr int kMostDiscarded = 3;

/// What a broken core or memory does to a sound plan says more of the board, too.
bool may_be_boards_fault(const ProbeFailure& failure) { return failure.code == "fault" || failure.code == "hung"; }

/// Nothing that is done to the board mends its energy meter.
bool is_meters_fault(const ProbeFailure& failure) { return failure.code == "energy_meter"; }

std::string cycles_text(std::int64_t cycles) { return std::to_string(cycles) + " cycles"; }

std::int64_t median_of(const std::map<std::string, std::int64_t>& known) {
  std::vector<std::int64_t> cycles;
  for (const auto& [board, value] : known) cycles.push_back(value);
  return statistics_of(cycles).median;
}

}  // namespace

FarmWorker::FarmWorker(FarmBoard board, const SweepParts& parts, const SweepOptions& options, Roster& roster,
                       const std::atomic<bool>& stopped)
    : board_(std::move(board)),
      type_(board_.board.type()),
      parts_(parts),
      options_(options),
      roster_(roster),
      stopped_(stopped),
      queue_(parts.queue, options.most_failures),
      history_(parts.queue),
      link_(board_, parts, options, stopped, [this](const std::string& trouble) { note_trouble(trouble); }) {
  status_.name = board_.name;
  status_.board_type = type_;
  roster_.join(type_);
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

void FarmWorker::show_clock() {
  const std::lock_guard lock(mutex_);
  status_.clock_hz = link_.clock_hz();
}

void FarmWorker::note_trouble(const std::string& what) {
  const std::string trouble = unnamed(board_.board.name, what);
  {
    const std::lock_guard lock(mutex_);
    ++status_.troubles;
    status_.reason = trouble;
  }
  history_.note_event(board_.name, trouble);
  parts_.tell(board_.name + ": " + trouble);
}

void FarmWorker::work() {
  while (wait_until_usable()) {
    settle_open_shards();
    if (given_up_) break;
    const Next next = wait_for_task();
    if (next == Next::kEnd) break;
    if (next == Next::kTask) work_on_shard();
  }
  link_.drop();
  if (!given_up_ && !barred_) {
    roster_.leave(type_);
    set_state("ended");
  }
}

void FarmWorker::work_on_shard() {
  shard_ = {};
  if (open_shard()) {
    do_shard();
    if (shard_.id != 0 && !given_up_ && why_barred().empty()) close_shard(std::exchange(shard_, {}));
  }
  roster_.end(type_);
}

std::string FarmWorker::why_barred() {
  const std::string reason = parts_.barred(board_);
  return reason.empty() ? link_.take() : reason;
}

/// A board that is locked, or that another process uses, waits, as long as others are at work; one whose energy meter
/// has failed does until the sweep's end.
bool FarmWorker::wait_until_usable() {
  const auto poll = std::chrono::duration<double>(options_.barred_poll_s);
  for (; !stopped_ && !given_up_; std::this_thread::sleep_for(poll)) {
    const std::string reason = meter_failure_.empty() ? why_barred() : meter_failure_;
    if (reason.empty()) {
      if (std::exchange(barred_, false)) roster_.join(type_);
      return true;
    }
    if (!std::exchange(barred_, true)) {
      roster_.leave(type_);
      link_.drop();
      note_trouble(reason);
      set_state("barred");
      for (const Shard& shard : queue_.open_shards())
        if (shard.board == board_.name) queue_.discard_shard(shard.id, reason);
    }
    if (roster_.live() == 0) return false;
  }
  return false;
}

/// Those of a process that died: this board's next canary is the one at their end.
void FarmWorker::settle_open_shards() {
  for (const Shard& shard : queue_.open_shards())
    if (shard.board == board_.name && !given_up_) close_shard(shard);
}

FarmWorker::Next FarmWorker::wait_for_task() {
  for (; !stopped_; std::this_thread::sleep_for(kTaskPoll)) {
    if (!why_barred().empty()) return Next::kBarred;
    roster_.begin(type_);  // before we look: others must not end while we may
    const QueueCounts counts = queue_.counts(type_);
    if (counts.waiting > 0 && queue_.has_task(board_.name, type_, roster_.live(type_))) return Next::kTask;
    roster_.end(type_);
    if (counts.waiting + counts.leased + counts.measured == 0 && roster_.busy(type_) == 0) return Next::kEnd;
    if (counts.leased > 0) queue_.expire(steady_seconds());
    set_state("idle");
  }
  return Next::kEnd;
}

std::optional<std::int64_t> FarmWorker::bring_back() {
  set_state("recovering");
  const std::optional<std::int64_t> cycles = link_.bring_back();
  show_clock();
  if (!cycles && link_.is_lost()) give_up(link_.last_trouble());
  return cycles;
}

std::optional<std::int64_t> FarmWorker::sure_canary() {
  set_state("canary");
  const std::optional<std::int64_t> cycles = link_.run_canary();
  show_clock();
  return cycles ? cycles : bring_back();
}

bool FarmWorker::open_shard() {
  std::optional<std::int64_t> cycles = sure_canary();
  if (cycles && !judge(*cycles).empty()) cycles = bring_back();
  if (!cycles) return false;
  if (const std::string doubt = judge(*cycles); !doubt.empty()) {
    queue_.discard_board(board_.name, link_.canary_key(), doubt);
    give_up(doubt);
    return false;
  }
  shard_ = queue_.begin_shard(
      {.board = board_.name, .board_type = type_, .canary = link_.canary_key(), .canary_cycles = *cycles});
  return true;
}

std::string FarmWorker::judge(std::int64_t cycles) {
  const std::string canary = link_.canary_key();
  std::map<std::string, std::int64_t> known = roster_.note_canary(canary, board_.name, cycles);
  const auto own = known.find(board_.name);
  const std::optional<std::int64_t> before = own == known.end() ? std::nullopt : std::optional(own->second);
  known[board_.name] = cycles;
  const auto took = [&](std::int64_t expected, const std::string& whose) {
    return "the canary took " + cycles_text(cycles) + ", not " + cycles_text(expected) + " as " + whose;
  };
  if (known.size() >= kBoardsForMedian) {
    const std::int64_t median = median_of(known);
    for (const auto& [board, others] : known)
      if (board != board_.name && !canaries_agree(others, median))
        queue_.discard_board(board, canary, "its canary is off that of most boards of its type");
    return canaries_agree(cycles, median) ? "" : took(median, "on most boards of its type");
  }
  if (before && !canaries_agree(cycles, *before)) return took(*before, "before");
  if (roster_.live(type_) >= static_cast<int>(kBoardsForMedian)) return "";  // the others will be heard as well
  for (const auto& [board, others] : known) {
    if (canaries_agree(cycles, others)) continue;
    queue_.discard_board(board, canary, "its canary and that of " + board_.name + " differ: one of the two is wrong");
    return took(others, "on " + board + ": one of the two is wrong");
  }
  return "";
}

void FarmWorker::do_shard() {
  for (int i = 0; i < options_.shard; ++i) {
    if (stopped_ || given_up_ || !why_barred().empty()) return;
    const std::optional<Lease> lease =
        queue_.take(board_.name, type_, roster_.live(type_), shard_.id, steady_seconds(), options_.lease_s);
    if (!lease || !do_task(*lease)) return;
  }
}

bool FarmWorker::do_task(const Lease& lease) {
  set_state("measuring", lease.candidate);
  const Result<ProbePlan, ProbeFailure> plan = parts_.plan_of(lease.candidate, board_.board);
  if (!plan) {
    queue_.fail(lease, plan.error().code, plan.error().message);
    return true;
  }
  const MeasurementKey key = link_.key(*plan);
  if (queue_.finish_known(lease, key, !board_.board.energy_command.empty())) return true;
  const Result<Measurement, ProbeFailure> result = link_.run(*plan);
  if (result) {
    queue_.finish(lease, link_.key(*plan, *result), *result);
    failed_.clear();
    const std::lock_guard lock(mutex_);
    ++status_.measured;
    return true;
  }
  const ProbeFailure& failure = result.error();
  if (is_meters_fault(failure)) {
    queue_.put_back(lease);
    meter_failure_ = failure.message;
    return false;
  }
  note_trouble(lease.candidate + ": " + failure.message);
  if (is_boards_fault(failure)) {
    queue_.give_back(lease, failure.message);
    return !is_too_much(lease, failure.message) && recover_in_shard();
  }
  queue_.refuse(lease, key, failure.code, failure.message);
  return !may_be_boards_fault(failure) || (!is_too_much(lease, failure.message) && recover_in_shard());
}

bool FarmWorker::is_too_much(const Lease& lease, const std::string& why) {
  failed_.insert(lease.task);
  if (failed_.size() < kMostFailed) return false;
  give_up(std::to_string(kMostFailed) + " different subnets failed one after the other, the last one: " + why);
  return true;
}

/// The board must be what it was at the shard's start.
bool FarmWorker::recover_in_shard() {
  const std::optional<std::int64_t> cycles = bring_back();
  if (!cycles) return false;
  if (canaries_agree(*cycles, shard_.canary_cycles)) return true;
  discard(std::exchange(shard_, {}), "the canary took " + cycles_text(*cycles) + " after a recovery, " +
                                         cycles_text(shard_.canary_cycles) + " before");
  return false;
}

void FarmWorker::close_shard(const Shard& shard) {
  const std::optional<std::int64_t> cycles = sure_canary();
  if (!cycles) {
    if (given_up_) queue_.discard_shard(shard.id, "its board is gone");
    return;  // else a stop was asked for, or the board is barred: the shard stays open for the next time
  }
  if (shard.canary != link_.canary_key()) return discard(shard, "another build of the firmware measured it");
  if (!canaries_agree(*cycles, shard.canary_cycles))
    return discard(shard, "the canary took " + cycles_text(*cycles) + " at its end, " +
                              cycles_text(shard.canary_cycles) + " at its start");
  if (const std::string doubt = judge(*cycles); !doubt.empty()) {
    queue_.discard_board(board_.name, shard.canary, doubt);
    return give_up(doubt);
  }
  queue_.confirm_shard(shard.id, *cycles);
  discarded_ = 0;
}

void FarmWorker::discard(const Shard& shard, const std::string& why) {
  queue_.discard_shard(shard.id, why);
  note_trouble("a shard is measured again: " + why);
  if (++discarded_ >= kMostDiscarded) give_up("its canary does not hold: " + why);
}

void FarmWorker::give_up(const std::string& reason) {
  given_up_ = true;
  roster_.leave(type_);
  if (shard_.id != 0) queue_.discard_shard(std::exchange(shard_, {}).id, reason);
  note_trouble("quarantined: " + reason);
  set_state("quarantined");
  parts_.quarantined(board_, reason);
}

}  // namespace thimble
