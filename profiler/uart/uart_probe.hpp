#pragma once
#include <memory>

#include "profiler/firmware_image.hpp"
#include "profiler/probe.hpp"
#include "profiler/probe_session.hpp"
#include "profiler/uart/serial_port.hpp"

namespace thimble {

/// Runs plans on a real board over its serial port alone. The probe firmware was written by other means; a board that
/// runs another one is a failure that names it.
class UartProbe : public Probe {
 public:
  /// Opens nothing yet.
  /// @param firmware    image of the probe; empty: the one that was built with this program
  /// @error BoardError  there is no probe firmware for the board
  explicit UartProbe(Board board, const std::filesystem::path& firmware = {});

  const Board& board() const override { return board_; }
  std::string firmware_hash() const override;
  std::optional<BoardState> board_state() const override;
  Result<BoardState, ProbeFailure> ask_board_state(const RunOptions& options) override;
  /// What fails is tried once more, over a port opened anew.
  /// @error ProbeFailure  "wrong_firmware", "no_answer", "board_lost", and those of every probe
  Result<Measurement, ProbeFailure> run(const ProbePlan& plan, const RunOptions& options) override;
  void let_go() override { stop(); }

 private:
  void stop();
  /// Opens the port, and says hello to the firmware that this program knows.
  std::optional<ProbeFailure> start(const Deadline& deadline);
  /// Calls work(), with a session begun; once more, over a port opened anew, where the board failed.
  template <class Value, class Work>
  Result<Value, ProbeFailure> with_board(const RunOptions& options, const Work& work);

  Board board_;
  FirmwareImage image_;
  std::unique_ptr<SerialPort> port_;
  std::unique_ptr<ProbeSession> session_;
  std::optional<ProbeHello> hello_;
};

}  // namespace thimble
