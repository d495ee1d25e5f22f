#include "profiler/uart/uart_probe.hpp"

#include "graph/base/error.hpp"
#include "profiler/provenance.hpp"
#include "profiler/regions.hpp"
#include "profiler/timed_run.hpp"

namespace thimble {
namespace {

constexpr double kHelloSeconds = 3;

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

Result<Measurement, ProbeFailure> UartProbe::attempt(const ProbePlan& plan, const RunOptions& options) {
  const Deadline deadline(options.deadline_s);
  if (auto failure = start(deadline)) return *failure;
  return timed_run(*session_, hello_, image_, board_, plan, options, deadline);
}

Result<Measurement, ProbeFailure> UartProbe::run(const ProbePlan& plan, const RunOptions& options) {
  if (auto failure = too_large_for(plan, board_)) return *failure;
  ProbeFailure failure{.code = "board_lost"};
  for (int tries = 0; tries < 2; ++tries) {
    try {
      Result<Measurement, ProbeFailure> result = attempt(plan, options);
      if (result || result.error().kind == FailureKind::kCandidate) return result;
      failure = result.error();
      if (failure.code == "wrong_firmware" || failure.code == "stale_probe") break;
    } catch (const BoardError& error) {
      failure = {.code = "board_lost", .message = error.what()};
    }
    stop();
  }
  return failure;
}

}  // namespace thimble
