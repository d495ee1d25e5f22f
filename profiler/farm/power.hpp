#pragma once
#include "profiler/board.hpp"

namespace thimble {

/// Takes the board's power away and gives it back, by the command of its `power` key ("uhubctl -a cycle -l 1-1 -p 2").
/// @return false where it has none
/// @error BoardError  the command is missing, fails, or does not end
bool power_cycle(const Board& board);

}  // namespace thimble
