#include "profiler/farm/board_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "graph/base/deadline.hpp"
#include "graph/base/error.hpp"
#include "profiler/farm/canary.hpp"
#include "profiler/farm/power.hpp"
#include "profiler/measure.hpp"

namespace thimble {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr double kPowerAfterSeconds = 0.5, kLongestPauseSeconds = 60;
constexpr double kClockTolerance = 0.01;

}  // namespace

BoardLink::BoardLink(const FarmBoard& board, const SweepParts& parts, const SweepOptions& options,
                     const std::atomic<bool>& stopped, Tell trouble)
    : board_(board),
      parts_(parts),
      options_(options),
      stopped_(stopped),
      trouble_(std::move(trouble)),
      canary_(canary_plan()) {}

std::string BoardLink::take() {
  if (lock_ || board_.board.kind() != BoardKind::kHardware) return "";
  try {
    lock_.emplace(board_.board.name);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

void BoardLink::drop() {
  probe_.reset();
  lock_.reset();
}

void BoardLink::note(const std::string& trouble) {
  last_trouble_ = trouble;
  trouble_(trouble);
}

Result<Measurement, ProbeFailure> BoardLink::run(const ProbePlan& plan, const RunOptions& options) {
  try {
    if (!probe_) probe_ = parts_.make_probe(board_.board);
    Result<Measurement, ProbeFailure> result = run_until_steady(plan, *probe_, options);
    if (result) return result;
    ProbeFailure failure = result.error();
    failure.message = unnamed(board_.board.name, failure.message);
    return failure;
  } catch (const std::exception& error) {  // one board's trouble must not end the night of the others
    return ProbeFailure{.code = "board_lost", .message = unnamed(board_.board.name, error.what())};
  }
}

std::optional<std::int64_t> BoardLink::run_canary() {
  RunOptions options = options_.run;
  options.metered = false;  // a meter that is broken says nothing of the board
  const Result<Measurement, ProbeFailure> result = run(canary_, options);
  if (result) note_clock(result->clock_hz);
  if (result && result->clock_hz > 0)
    return std::llround(static_cast<double>(result->cycles) * board_.board.clock_hz() / result->clock_hz);
  if (result) return result->cycles;
  note("the canary failed: " + result.error().message);
  return {};
}

void BoardLink::note_clock(double clock_hz) {
  const double said = board_.board.clock_hz();
  if (clock_hz == clock_hz_ || clock_hz <= 0) return;
  clock_hz_ = clock_hz;
  if (std::abs(clock_hz - said) > kClockTolerance * said)
    note(fmt::format("runs at {:g} MHz, not at {:g} as its file's clock_mhz says; its latencies are of {:g} MHz",
                     clock_hz / 1e6, said / 1e6, clock_hz / 1e6));
}

void BoardLink::wait(double seconds) const {
  for (const Deadline deadline(seconds); !stopped_ && !deadline.expired();) std::this_thread::sleep_for(kPoll);
}

void BoardLink::cycle_power() {
  try {
    if (power_cycle(board_.board)) parts_.tell(board_.name + ": power taken away and given back");
  } catch (const std::exception& error) {
    note(error.what());
  }
}

std::optional<std::int64_t> BoardLink::bring_back() {
  is_lost_ = false;
  const Deadline patience(options_.patience_s);
  for (double pause = 0;; pause = std::min(std::max(4 * pause, options_.first_pause_s), kLongestPauseSeconds)) {
    wait(pause);
    if (stopped_ || !parts_.barred(board_).empty()) return {};
    probe_.reset();
    if (pause >= kPowerAfterSeconds) cycle_power();
    if (const auto cycles = run_canary()) return cycles;
    is_lost_ = patience.expired();
    if (is_lost_) return {};
  }
}

}  // namespace thimble
