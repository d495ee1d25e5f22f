#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "profiler/probe.hpp"

namespace thimble {

/// One board of a farm; of a virtual one there may be several.
struct FarmBoard {
  std::string name;  ///< its own: "virtual-m4#2"
  Board board;
};

struct SweepOptions {
  RunOptions run;
  int shard = 25;              ///< tasks between two canaries
  double lease_s = 900;        ///< for one task, with all that is tried
  int most_failures = 5;       ///< of boards on one task, until it is undecided
  double patience_s = 600;     ///< with a board that does not come back, until it is quarantined
  double first_pause_s = 0.5;  ///< between two tries; the next ones are longer
  double barred_poll_s = 0.5;  ///< how often a barred board is asked after
};

/// What a sweep is made of.
struct SweepParts {
  std::filesystem::path queue;  ///< FarmQueue's file, with its tasks
  std::vector<FarmBoard> boards;
  /// The plan of a candidate on a board, or why it has none; several threads ask at once.
  std::function<Result<ProbePlan, ProbeFailure>(const std::string& candidate, const Board& board)> plan_of;
  std::function<std::unique_ptr<Probe>(const Board& board)> make_probe = thimble::make_probe;
  /// What happens, a line each; any thread.
  std::function<void(const std::string& line)> tell = [](const std::string&) {};
  /// Why the board must not be used now, or nothing; asked before every task.
  std::function<std::string(const FarmBoard& board)> barred = [](const FarmBoard&) { return ""; };
  /// Called for a board that could not be brought back.
  std::function<void(const FarmBoard& board, const std::string& reason)> quarantined = [](const FarmBoard&,
                                                                                          const std::string&) {};
};

/// What one board of a sweep is doing.
struct BoardStatus {
  std::string name, board_type;
  std::string state = "starting";  ///< "measuring", "canary", "recovering", "idle", "ended", "quarantined", "barred"
  std::string candidate;           ///< that it measures
  std::string reason;              ///< of its last trouble
  std::int64_t measured = 0, troubles = 0;
  double clock_hz = 0;  ///< that the board said it runs at; 0: it was not asked
};

}  // namespace thimble
