#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/base/result.hpp"
#include "profiler/board.hpp"
#include "profiler/board_state.hpp"
#include "profiler/probe_plan.hpp"
#include "search/space/evaluator.hpp"

namespace thimble {

struct LayerMeasurement {
  std::string name, op;
  std::int64_t macs = 0, cycles = 0, instructions = 0;

  bool operator==(const LayerMeasurement&) const = default;
};

/// One plan on one board, with its provenance.
struct Measurement {
  std::string board;
  Provenance provenance = Provenance::kMeasured;
  std::int64_t cycles = 0;        ///< of one inference, median of the runs
  std::int64_t instructions = 0;  ///< of the run with those cycles; 0 where nobody counts them
  double clock_hz = 0;
  double latency_us = 0;  ///< cycles at clock_hz
  int runs = 0;
  double spread = 0;                       ///< (slowest - fastest) / median
  std::int64_t stack_bytes = 0;            ///< of the kernels, at their deepest
  std::int64_t arena_bytes = 0;            ///< input and output included
  std::vector<LayerMeasurement> layers{};  ///< empty where they were not asked for

  std::string firmware_hash{};           ///< of the image that ran
  std::string kernel_library_version{};  ///< of the sources in it
  std::string compiler{}, compiler_flags{}, git_hash{};
  std::string probe_serial{};  ///< empty for boards without a probe
  BoardState state{};
  CacheState cache = CacheState::kNone;  ///< before each run
  std::optional<double> energy_uj{};     ///< of one inference, by an external meter; nothing without one

  bool operator==(const Measurement&) const = default;
};

enum class FailureKind {
  kCandidate,  ///< the plan broke a rule of the probe, or the core: another one may pass
  kBoard,      ///< the board, its probe or its emulator did
};

/// Why there is no measurement.
struct ProbeFailure {
  FailureKind kind = FailureKind::kBoard;
  std::string code{};  ///< stable: "unknown_kernel", "arena_too_large", "timeout", ...
  std::string message{};
  int layer = -1;  ///< index of the layer to blame
};

/// Whether the board is to blame, and not the plan. A plan that is not done in time says more of the board, or of the
/// load of this computer, than of the plan.
bool is_boards_fault(const ProbeFailure& failure);

/// A message about a board without its name, where it begins with that: who tells it puts the name there.
std::string unnamed(const std::string& board, const std::string& message);

struct RunOptions {
  int runs = 3;
  bool per_layer = true;
  CacheState cache = CacheState::kWarm;  ///< where the board has caches; kWarm or kCold
  bool metered = true;                   ///< with the board's energy meter, where it has one
  double deadline_s = 60;                ///< for one attempt, once the board is ready
};

/// Something that runs plans on one board.
class Probe {
 public:
  virtual ~Probe() = default;
  virtual const Board& board() const = 0;
  /// What a measurement by this probe depends on besides plan, board and clock; known without starting anything.
  virtual std::string firmware_hash() const = 0;
  /// What else it depends on, and the board itself must say; nothing while it was not asked.
  virtual std::optional<BoardState> board_state() const { return BoardState{}; }
  /// The same; a board that was not asked yet is.
  virtual Result<BoardState, ProbeFailure> ask_board_state(const RunOptions& options);
  /// Runs the plan `runs` times, and once more layer by layer. Weights are not needed: time does not depend on them.
  /// @error BoardError  nothing can be run at all: an emulator or a file is missing
  virtual Result<Measurement, ProbeFailure> run(const ProbePlan& plan, const RunOptions& options) = 0;
  /// Leaves the board to others; the next run takes it again.
  virtual void let_go() {}
};

/// The probe that fits the board's kind. A board of hardware is reached through OpenOCD where it names an
/// openocd_config, else over the serial port that its uart_port_wildcard matches.
/// @error BoardError  of a board that no probe reaches, or whose firmware or emulator is missing
std::unique_ptr<Probe> make_probe(const Board& board);

}  // namespace thimble
