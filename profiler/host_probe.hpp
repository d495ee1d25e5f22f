#pragma once
#include "profiler/probe.hpp"

namespace thimble {

/// This computer: the same kernel library in its portable form, by wall clock. A cycle is a nanosecond.
class HostProbe : public Probe {
 public:
  explicit HostProbe(Board board) : board_(std::move(board)) {}

  const Board& board() const override { return board_; }
  std::string firmware_hash() const override;
  /// Caches, and nothing more that anybody could say.
  std::optional<BoardState> board_state() const override {
    return BoardState{.memory = PROBE_INSTRUCTION_CACHE | PROBE_DATA_CACHE};
  }
  Result<Measurement, ProbeFailure> run(const ProbePlan& plan, const RunOptions& options) override;

 private:
  Board board_;
};

}  // namespace thimble
