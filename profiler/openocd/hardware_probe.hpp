#pragma once
#include <memory>

#include "profiler/firmware_image.hpp"
#include "profiler/openocd/mailbox.hpp"
#include "profiler/probe_session.hpp"

namespace thimble {

/// Runs plans on a real board through OpenOCD: the probe firmware is flashed where the board does not hold it yet, and
/// then takes one plan after the other through its RAM.
///
/// What fails is tried again after ever stronger means: a new conversation, a reset, a new OpenOCD and the flash
/// written anew.
class HardwareProbe : public Probe {
 public:
  /// @param firmware    image of the probe; empty: the one that was built with this program
  /// @error BoardError  there is no probe firmware for the board
  explicit HardwareProbe(Board board, const std::filesystem::path& firmware = {});

  const Board& board() const override { return board_; }
  std::string firmware_hash() const override;
  std::optional<BoardState> board_state() const override;
  Result<BoardState, ProbeFailure> ask_board_state(const RunOptions& options) override;
  Result<Measurement, ProbeFailure> run(const ProbePlan& plan, const RunOptions& options) override;
  void let_go() override { stop(); }

 private:
  enum class Means { kAsItIs, kReset, kFlash };
  void start(Means means, const Deadline& deadline);
  void stop();
  /// A firmware of ours that answers, whichever build it is.
  bool says_hello(const Deadline& deadline);
  /// Calls work(), with the board made ready: by ever stronger means, until it is no failure of the board's.
  template <class Value, class Work>
  Result<Value, ProbeFailure> with_board(const RunOptions& options, const Work& work);

  Board board_;
  FirmwareImage image_;
  std::unique_ptr<OpenOcd> openocd_;
  std::unique_ptr<Mailbox> mailbox_;
  std::unique_ptr<ProbeSession> session_;
  std::optional<ProbeHello> hello_;
};

}  // namespace thimble
