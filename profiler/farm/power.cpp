#include "profiler/farm/power.hpp"

#include <string>
#include <vector>

#include "graph/base/error.hpp"
#include "graph/base/run_process.hpp"
#include "profiler/command_words.hpp"

namespace thimble {
namespace {

constexpr double kPowerSeconds = 60;

}  // namespace

bool power_cycle(const Board& board) {
  const std::vector<std::string> command = words_of(board.power);
  if (command.empty()) return false;
  const ProcessResult result = run_process(command, "", kPowerSeconds);
  if (result.timed_out)
    throw BoardError(board.name + ": power: " + timeout_text(command[0], kPowerSeconds, result.output));
  if (result.exit_code == 127) throw BoardError(board.name + ": power: there is no program " + command[0]);
  if (result.exit_code != 0)
    throw BoardError(board.name + ": power: " + board.power + " ended with " + std::to_string(result.exit_code) + ": " +
                     result.output);
  return true;
}

}  // namespace thimble
