#pragma once
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "profiler/board.hpp"
#include "profiler/board_state.hpp"

namespace thimble {

/// What cycles depend on besides plan and firmware, for --json.
inline nlohmann::json board_state_facts(const Board& board, const BoardState& state) {
  const bool is_host = board.kind() == BoardKind::kHost;
  return {{"cpuid", fmt::format("0x{:08x}", state.cpuid)},
          {"clock_source", to_text(state.clock)},
          {"clock_hz", state.clock_hz},
          {"flash_wait_states", state.flash_wait_states},
          {"memory", memory_names(state.memory)},
          {"text", is_host ? "this computer, its clock and caches as they are" : to_text(state)}};
}

}  // namespace thimble
