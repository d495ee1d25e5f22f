#pragma once
#include <sys/types.h>

#include <memory>
#include <optional>

#include "profiler/emulator.hpp"
#include "profiler/probe.hpp"
#include "profiler/probe_session.hpp"

namespace thimble {

/// A virtual board: the probe firmware in QEMU, one process for as long as the probe lives. Cycles are modelled.
class VirtualProbe : public Probe {
 public:
  /// Starts nothing yet.
  /// @param firmware    image of the probe; empty: the one that was built with this program
  /// @error BoardError  the firmware of this board is missing
  explicit VirtualProbe(Board board, std::filesystem::path firmware = {});

  const Board& board() const override { return board_; }
  /// Of the probe's image, the cycle model and its core, the compiler and its flags: whatever cycles depend on.
  std::string firmware_hash() const override;
  /// An emulator that dies is started once more.
  /// @error ProbeFailure  "stale_probe": the image carries other kernels than plans are made for
  Result<Measurement, ProbeFailure> run(const ProbePlan& plan, const RunOptions& options) override;

  SessionState state() const { return session_ ? session_->state() : SessionState::kOff; }
  /// Of the emulator; nothing while there is none.
  std::optional<pid_t> emulator_id() const;

 private:
  void start();
  void stop();
  Result<Measurement, ProbeFailure> attempt(const ProbePlan& plan, const RunOptions& options);
  Result<std::vector<RegionCount>, ProbeFailure> run_regions(const ProbeRequest& request, std::size_t expected,
                                                             Measurement& measurement, const Deadline& deadline);

  Board board_;
  std::string image_;  ///< the built-in board whose probe runs here
  std::filesystem::path firmware_;
  std::string firmware_hash_, cycle_model_hash_;
  std::unique_ptr<Emulator> emulator_;
  std::unique_ptr<ProbeSession> session_;
};

}  // namespace thimble
