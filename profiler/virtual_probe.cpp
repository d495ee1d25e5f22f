#include "profiler/virtual_probe.hpp"

#include <algorithm>

#include "deploy/target.hpp"
#include "graph/base/error.hpp"
#include "graph/base/hash.hpp"
#include "profiler/provenance.hpp"
#include "profiler/regions.hpp"
#include "profiler/resources.hpp"

namespace thimble {
namespace {

/// The built-in board whose probe image runs on this board's machine.
std::string image_of(const Board& board) {
  const std::optional<Target> machine = machine_target(board.qemu_machine);
  if (!machine) throw BoardError(board.name + ": there is no probe firmware for the machine " + board.qemu_machine);
  if (machine->cpu != board.core)
    throw BoardError(board.name + ": the core of " + board.qemu_machine + " is a " + machine->cpu + ", not a " +
                     board.core);
  return machine->board;
}

}  // namespace

VirtualProbe::VirtualProbe(Board board, std::filesystem::path firmware)
    : board_(std::move(board)), image_(image_of(board_)), firmware_(std::move(firmware)) {
  if (firmware_.empty()) firmware_ = find_probe_image(board_.name, image_);
  firmware_hash_ = hash_of_file(firmware_);
  const std::filesystem::path model = find_resource(kCycleModel);
  if (!model.empty()) cycle_model_hash_ = hash_of_file(model);
}

std::optional<pid_t> VirtualProbe::emulator_id() const {
  if (!emulator_) return {};
  return emulator_->id();
}

void VirtualProbe::start() {
  if (emulator_) return;
  emulator_ = std::make_unique<Emulator>(board_, firmware_);
  session_ = std::make_unique<ProbeSession>(*emulator_);
}

void VirtualProbe::stop() {
  session_.reset();
  emulator_.reset();
}

Result<std::vector<RegionCount>, ProbeFailure> VirtualProbe::run_regions(const ProbeRequest& request,
                                                                         std::size_t expected, Measurement& measurement,
                                                                         const Deadline& deadline) {
  emulator_->take_regions();  // of a run that was broken off
  const auto run = session_->run(request, deadline);
  if (!run) return run.error();
  std::vector<RegionCount> regions = emulator_->take_regions();
  if (regions.size() != expected || run->regions != expected)
    return ProbeFailure{.code = "regions_lost",
                        .message = "of " + std::to_string(expected) + " timed regions the cycle model saw " +
                                   std::to_string(regions.size()) + ", the probe " + std::to_string(run->regions)};
  measurement.stack_bytes = std::max<std::int64_t>(measurement.stack_bytes, run->stack_bytes);
  return regions;
}

Result<Measurement, ProbeFailure> VirtualProbe::attempt(const ProbePlan& plan, const RunOptions& options) {
  start();
  const Deadline deadline(options.deadline_s);
  const auto hello = session_->hello(deadline);
  if (!hello) return hello.error();
  if (auto failure = stale_firmware(firmware_.string(), *hello)) return *failure;
  const auto loaded = session_->load(plan, deadline);
  if (!loaded) return loaded.error();
  Measurement measurement = begun_measurement(plan, board_, image_, firmware_hash_, *hello, options);
  return measure_regions(plan, options, measurement, [&](probe_mode mode, int runs, std::size_t expected) {
    return run_regions(request_of(mode, runs, options), expected, measurement, deadline);
  });
}

std::string VirtualProbe::firmware_hash() const {
  return to_hex(fnv1a64("probe " + firmware_hash_ + " cycle model " + cycle_model_hash_ + " core " + board_.core +
                        " compiler " + firmware_compiler() + " flags " + firmware_flags(image_)));
}

Result<Measurement, ProbeFailure> VirtualProbe::run(const ProbePlan& plan, const RunOptions& options) {
  if (auto failure = too_large_for(plan, board_)) return *failure;
  ProbeFailure failure{.code = "emulator_died"};
  for (int tries = 0; tries < 2; ++tries) {
    const bool fresh = !emulator_;
    try {
      Result<Measurement, ProbeFailure> result = attempt(plan, options);
      if (!result && result.error().kind == FailureKind::kBoard) stop();  // the next one finds a new emulator
      return result;
    } catch (const BoardError& error) {
      const bool started = emulator_ != nullptr;
      stop();
      if (!started || (fresh && tries > 0)) throw;
      failure.message = board_.name + ": " + error.what();
    }
  }
  return failure;
}

}  // namespace thimble
