#pragma once
#include <memory>
#include <optional>
#include <string>

#include "graph/base/child_process.hpp"
#include "graph/base/result.hpp"
#include "profiler/board.hpp"
#include "profiler/probe.hpp"

namespace thimble {

/// A program of the user's beside an external energy meter, which takes the meter's signal from the board's pin
/// (firmware_probe/marker.h): Board::energy_command. It says "ready" on a line of its own once the meter listens; when
/// its standard input ends, it prints the joules that were used while the pin was high, and exits with 0. What it says
/// on its standard error shows only where it fails.
class EnergyMeter {
 public:
  /// Starts it, and waits until it is ready.
  /// @error ProbeFailure  "energy_meter": it is missing, ends, or does not get ready: names it and what it said
  static Result<EnergyMeter, ProbeFailure> start(const Board& board);

  /// Ends it. @return joules
  /// @error ProbeFailure  "energy_meter": it fails, does not end, or prints anything but a finite number of at least 0
  Result<double, ProbeFailure> joules();

 private:
  explicit EnergyMeter(const Board& board);
  void listen();                       ///< reads what it has printed since
  std::optional<int> wait_a_moment();  ///< and listens; its exit code once it has ended
  ProbeFailure failure(const std::string& what) const;
  ProbeFailure ended(int code) const;

  std::string command_;
  FileDescriptor input_, output_;
  std::string printed_;  ///< on its standard output; the child's own is what it complains of
  std::unique_ptr<ChildProcess> child_;
};

}  // namespace thimble
