#include "profiler/openocd/hardware_probe.hpp"

#include <algorithm>

#include "graph/base/error.hpp"
#include "graph/base/hash.hpp"
#include "profiler/provenance.hpp"
#include "profiler/resources.hpp"

namespace thimble {
namespace {

constexpr double kFirstHelloSeconds = 0.25, kHelloSeconds = 1, kOpenSeconds = 3;

std::string image_name(const Board& board) { return board.startup.empty() ? board.name : board.startup; }

}  // namespace

HardwareProbe::HardwareProbe(Board board)
    : board_(std::move(board)),
      image_(load_firmware_image(board_.name, image_name(board_))),
      file_hash_(hash_of_file(image_.file)) {}

std::string HardwareProbe::firmware_hash() const {
  return to_hex(fnv1a64("probe " + file_hash_ + " core " + board_.core + " compiler " + firmware_compiler() +
                        " flags " + firmware_flags(image_name(board_))));
}

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
  if (!says_hello(deadline.sooner(kOpenSeconds)))
    throw BoardError(board_.name + ": the probe firmware was written but does not answer");
}

Result<std::vector<RegionCount>, ProbeFailure> HardwareProbe::run_regions(probe_mode mode, int runs,
                                                                          std::size_t expected,
                                                                          Measurement& measurement,
                                                                          const Deadline& deadline) {
  const auto run = session_->run(mode, runs, deadline);
  if (!run) return run.error();
  if (run->cycles.size() != expected)
    return ProbeFailure{.code = "regions_lost",
                        .message = "of " + std::to_string(expected) + " timed regions the probe measured " +
                                   std::to_string(run->cycles.size())};
  measurement.stack_bytes = std::max<std::int64_t>(measurement.stack_bytes, run->stack_bytes);
  std::vector<RegionCount> regions;
  for (const std::uint32_t cycles : run->cycles) regions.push_back({.cycles = cycles});
  return regions;
}

Result<Measurement, ProbeFailure> HardwareProbe::attempt(const ProbePlan& plan, const RunOptions& options,
                                                         const Deadline& deadline) {
  if (auto failure = stale_firmware(image_.file.string(), hello_)) return *failure;
  const auto loaded = session_->load(plan, deadline);
  if (!loaded) return loaded.error();
  Measurement measurement = begun_measurement(plan, board_, image_name(board_), file_hash_, hello_);
  return measure_regions(plan, options, measurement, [&](probe_mode mode, int runs, std::size_t expected) {
    return run_regions(mode, runs, expected, measurement, deadline);
  });
}

Result<Measurement, ProbeFailure> HardwareProbe::run(const ProbePlan& plan, const RunOptions& options) {
  if (auto failure = too_large_for(plan, board_)) return *failure;
  ProbeFailure failure{.code = "board_lost"};
  for (const Means means : {Means::kAsItIs, Means::kReset, Means::kFlash}) {
    try {
      const Deadline deadline(options.deadline_s);
      if (!session_ || session_->state() == SessionState::kOff || means != Means::kAsItIs) start(means, deadline);
      Result<Measurement, ProbeFailure> result = attempt(plan, options, deadline);
      if (result || result.error().kind == FailureKind::kCandidate) return result;
      failure = result.error();
    } catch (const BoardError& error) {
      failure.message = error.what();
    }
  }
  stop();
  return failure;
}

}  // namespace thimble
