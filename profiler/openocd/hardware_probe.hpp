#pragma once
#include <memory>

#include "profiler/openocd/firmware_image.hpp"
#include "profiler/openocd/mailbox.hpp"
#include "profiler/probe_session.hpp"
#include "profiler/regions.hpp"

namespace thimble {

/// Runs plans on a real board through OpenOCD: the probe firmware is flashed where the board does not hold it yet, and
/// then takes one plan after the other through its RAM.
///
/// What fails is tried again after ever stronger means: a new conversation, a reset, a new OpenOCD and the flash
/// written anew.
class HardwareProbe : public Probe {
 public:
  /// @error BoardError  there is no probe firmware for the board
  explicit HardwareProbe(Board board);

  const Board& board() const override { return board_; }
  std::string firmware_hash() const override;
  Result<Measurement, ProbeFailure> run(const ProbePlan& plan, const RunOptions& options) override;

 private:
  enum class Means { kAsItIs, kReset, kFlash };
  void start(Means means, const Deadline& deadline);
  void stop();
  /// A firmware of ours that answers, whichever build it is.
  bool says_hello(const Deadline& deadline);
  Result<Measurement, ProbeFailure> attempt(const ProbePlan& plan, const RunOptions& options, const Deadline& deadline);
  Result<std::vector<RegionCount>, ProbeFailure> run_regions(probe_mode mode, int runs, std::size_t expected,
                                                             Measurement& measurement, const Deadline& deadline);

  Board board_;
  FirmwareImage image_;
  std::string file_hash_;
  std::unique_ptr<OpenOcd> openocd_;
  std::unique_ptr<Mailbox> mailbox_;
  std::unique_ptr<ProbeSession> session_;
  ProbeHello hello_;
};

}  // namespace thimble
