#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "firmware_probe/protocol.h"

namespace thimble {

/// What a board's cycles depend on besides plan and firmware, as its registers say. By default that of a virtual board:
/// no clock that anybody set, no wait states, no caches.
struct BoardState {
  std::uint32_t cpuid = 0;
  std::uint32_t clock_hz = 0;  ///< that its start-up reached; 0 where it sets none
  probe_clock clock = PROBE_CLOCK_NONE;
  int flash_wait_states = 0;
  std::uint32_t memory = 0;  ///< of probe_memory: the caches that are on

  bool has_caches() const { return (memory & PROBE_CACHES) != 0; }
  bool operator==(const BoardState&) const = default;
};

/// How the caches are before a timed run.
enum class CacheState {
  kNone,  ///< there are none: cold and warm are one
  kWarm,  ///< after a run that is not timed
  kCold,  ///< emptied
};

/// What asking for a state comes to on such a board.
CacheState cache_state_of(const BoardState& board, CacheState wanted);

/// As a measurement's key has it, equal for equal states: "state=410fc241,external,180000000Hz,5ws,flash_prefetch
/// cache=warm". Where nobody set a clock the core is the emulator's, and the firmware's hash tells which.
std::string key_text(const BoardState& board, CacheState cache);
/// For people: "180 MHz (external clock), 5 wait states, flash_prefetch".
std::string to_text(const BoardState& board);

const char* to_text(CacheState cache);   ///< "none", "warm", "cold"
const char* to_text(probe_clock clock);  ///< "none", "at_reset", "internal", "external"
/// "instruction_cache", "data_cache", "flash_instruction_cache", "flash_data_cache", "flash_prefetch": those that are
/// on.
std::vector<std::string> memory_names(std::uint32_t memory);

/// @error Error  none of those words
CacheState cache_state_from_text(const std::string& text);
probe_clock clock_from_text(const std::string& text);
std::uint32_t memory_from_names(const std::string& names);  ///< between blanks

}  // namespace thimble
