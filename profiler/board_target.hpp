#pragma once
#include "deploy/target.hpp"
#include "profiler/board.hpp"

namespace thimble {

/// The board as the code generator knows it: memories and start-up code of its machine, no larger than the board file
/// says.
/// @error ConfigError  a board that no firmware can be made for (the host); another core, or more memory, than there is
Target target_of(const Board& board);

}  // namespace thimble
