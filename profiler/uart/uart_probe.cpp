#include "profiler/uart/uart_probe.hpp"

#include <set>

#include "graph/base/error.hpp"
#include "profiler/provenance.hpp"
#include "profiler/regions.hpp"
#include "profiler/timed_run.hpp"

namespace thimble {
namespace {

constexpr double kHelloSeconds = 3;
/// Failures that a port opened anew does not mend.
const std::set<std::string> kNotMended = {"wrong_firmware", "stale_probe", "energy_meter"};

}  // namespace

UartProbe::UartProbe(Board board, const std::filesystem::path& firmware)
    : board_(std::move(board)), image_(load_firmware_image(board_, firmware)) {}

std::string UartProbe::firmware_hash() const { return hash_of_firmware(image_, board_); }

void UartProbe::stop() {
  session_.reset();
  port_.reset();
}

std::optional<ProbeFailure> UartProbe::start(const Deadline& deadline) {
  if (session_ && session_->state() != SessionState::kOff) return {};
  if (!port_) port_ = std::make_unique<SerialPort>(board_);
  session_ = std::make_unique<ProbeSession>(*port_);
  const std::string place = board_.name + ": " + port_->name();
  const auto hello = session_->hello(deadline.sooner(kHelloSeconds));
  if (!hello) {
    return ProbeFailure{.code = "no_answer",
                        .message = place + ": no probe firmware answers at " + std::to_string(board_.uart_baudrate) +
                                   " baud (" + hello.error().message + "); write " + image_.file.string() +
                                   " to the board and reset it"};
  }
  if (hello->firmware_crc != image_.crc) {
    session_.reset();
    return ProbeFailure{.code = "wrong_firmware",
                        .message = place + ": the board runs another probe firmware (checksum " +
                                   hex_of(hello->firmware_crc) + ", ours is " + hex_of(image_.crc) + "); write " +
                                   image_.file.string() + " to it"};
  }
  hello_ = *hello;
  return {};
}

template <class Value, class Work>
Result<Value, ProbeFailure> UartProbe::with_board(const RunOptions& options, const Work& work) {
  ProbeFailure failure{.code = "board_lost"};
  for (int tries = 0; tries < 2; ++tries) {
    try {
      const Deadline deadline(options.deadline_s);
      if (auto silence = start(deadline)) {
        failure = *silence;
      } else {
        Result<Value, ProbeFailure> result = work(deadline);
        if (result || result.error().kind == FailureKind::kCandidate) return result;
        failure = result.error();
      }
      if (kNotMended.count(failure.code) > 0) break;
    } catch (const BoardError& error) {
      failure = {.code = "board_lost", .message = error.what()};
    }
    stop();
  }
  return failure;
}

std::optional<BoardState> UartProbe::board_state() const {
  if (!hello_) return {};
  return hello_->state;
}

Result<BoardState, ProbeFailure> UartProbe::ask_board_state(const RunOptions& options) {
  return with_board<BoardState>(options,
                                [&](const Deadline&) -> Result<BoardState, ProbeFailure> { return hello_->state; });
}

Result<Measurement, ProbeFailure> UartProbe::run(const ProbePlan& plan, const RunOptions& options) {
  if (auto failure = too_large_for(plan, board_)) return *failure;
  return with_board<Measurement>(options, [&](const Deadline& deadline) {
    return timed_run(*session_, *hello_, image_, board_, plan, options, deadline);
  });
}

}  // namespace thimble
