#include "profiler/openocd/hardware_probe.hpp"

#include "graph/base/error.hpp"
#include "profiler/regions.hpp"
#include "profiler/timed_run.hpp"

namespace thimble {
namespace {

constexpr double kFirstHelloSeconds = 0.25, kHelloSeconds = 1, kOpenSeconds = 3;

}  // namespace

HardwareProbe::HardwareProbe(Board board, const std::filesystem::path& firmware)
    : board_(std::move(board)), image_(load_firmware_image(board_, firmware)) {}

std::string HardwareProbe::firmware_hash() const { return hash_of_firmware(image_, board_); }

void HardwareProbe::stop() {
  session_.reset();
  mailbox_.reset();
  openocd_.reset();
}

bool HardwareProbe::says_hello(const Deadline& deadline) {
  mailbox_ = std::make_unique<Mailbox>(*openocd_, image_.mailbox);
  session_ = std::make_unique<ProbeSession>(*mailbox_);
  if (!mailbox_->wait_until_open(deadline)) return false;
  const auto hello = session_->hello(deadline);
  if (!hello || hello->firmware_crc != image_.crc) return false;
  hello_ = *hello;
  return true;
}

void HardwareProbe::start(Means means, const Deadline& deadline) {
  if (means == Means::kFlash) stop();
  const bool fresh = openocd_ == nullptr;
  if (fresh) openocd_ = std::make_unique<OpenOcd>(board_);
  if (means == Means::kReset && !fresh) openocd_->reset();
  if (means != Means::kFlash && says_hello(deadline.sooner(fresh ? kFirstHelloSeconds : kHelloSeconds))) return;
  openocd_->program(image_.file);
  openocd_->reset();
  if (!says_hello(Deadline(kOpenSeconds)))
    throw BoardError(board_.name + ": the probe firmware was written but does not answer");
}

template <class Value, class Work>
Result<Value, ProbeFailure> HardwareProbe::with_board(const RunOptions& options, const Work& work) {
  ProbeFailure failure{.code = "board_lost"};
  for (const Means means : {Means::kAsItIs, Means::kReset, Means::kFlash}) {
    try {
      if (!session_ || session_->state() == SessionState::kOff || means != Means::kAsItIs)
        start(means, Deadline(options.deadline_s));
      Result<Value, ProbeFailure> result = work();
      if (result || result.error().kind == FailureKind::kCandidate) return result;
      failure = result.error();
      if (failure.code == "energy_meter") return failure;  // nothing that is done to the board mends its meter
    } catch (const BoardError& error) {
      failure.message = error.what();
    }
  }
  stop();
  return failure;
}

std::optional<BoardState> HardwareProbe::board_state() const {
  if (!hello_) return {};
  return hello_->state;
}

Result<BoardState, ProbeFailure> HardwareProbe::ask_board_state(const RunOptions& options) {
  return with_board<BoardState>(options, [&]() -> Result<BoardState, ProbeFailure> { return hello_->state; });
}

Result<Measurement, ProbeFailure> HardwareProbe::run(const ProbePlan& plan, const RunOptions& options) {
  if (auto failure = too_large_for(plan, board_)) return *failure;
  // The plan has all of its time, however long the flash took.
  return with_board<Measurement>(options, [&] {
    return timed_run(*session_, *hello_, image_, board_, plan, options, Deadline(options.deadline_s));
  });
}

}  // namespace thimble
