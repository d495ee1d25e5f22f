#include "profiler/board_state.hpp"

#include <fmt/format.h>

#include <array>
#include <sstream>
#include <utility>

#include "graph/base/error.hpp"
#include "profiler/provenance.hpp"

namespace thimble {
namespace {

template <class Value, std::size_t kCount>
using Words = std::array<std::pair<Value, const char*>, kCount>;

constexpr Words<CacheState, 3> kCacheStates = {
    {{CacheState::kNone, "none"}, {CacheState::kWarm, "warm"}, {CacheState::kCold, "cold"}}};
constexpr Words<probe_clock, 4> kClocks = {{{PROBE_CLOCK_NONE, "none"},
                                            {PROBE_CLOCK_AT_RESET, "at_reset"},
                                            {PROBE_CLOCK_INTERNAL, "internal"},
                                            {PROBE_CLOCK_EXTERNAL, "external"}}};
constexpr Words<probe_memory, 5> kMemories = {{{PROBE_INSTRUCTION_CACHE, "instruction_cache"},
                                               {PROBE_DATA_CACHE, "data_cache"},
                                               {PROBE_FLASH_INSTRUCTION_CACHE, "flash_instruction_cache"},
                                               {PROBE_FLASH_DATA_CACHE, "flash_data_cache"},
                                               {PROBE_FLASH_PREFETCH, "flash_prefetch"}}};

template <class Value, std::size_t kCount>
const char* word_of(const Words<Value, kCount>& words, Value value) {
  for (const auto& [known, word] : words)
    if (known == value) return word;
  return "unknown";
}

template <class Value, std::size_t kCount>
Value value_of(const Words<Value, kCount>& words, const std::string& text) {
  for (const auto& [value, word] : words)
    if (text == word) return value;
  throw Error("no state of a board: '" + text + "'");
}

/// Each after a comma.
std::string memory_list(const BoardState& board, const char* comma) {
  std::string text;
  for (const std::string& name : memory_names(board.memory)) text += comma + name;
  return text;
}

}  // namespace

CacheState cache_state_of(const BoardState& board, CacheState wanted) {
  return board.has_caches() ? wanted : CacheState::kNone;
}

std::string key_text(const BoardState& board, CacheState cache) {
  const std::string core = board.clock == PROBE_CLOCK_NONE
                               ? "no_clock"
                               : fmt::format("{},{},{}Hz", hex_of(board.cpuid), to_text(board.clock), board.clock_hz);
  return fmt::format("state={},{}ws{} cache={}", core, board.flash_wait_states, memory_list(board, ","),
                     to_text(cache_state_of(board, cache)));
}

std::string to_text(const BoardState& board) {
  std::string clock = "no clock of its own";
  if (board.clock == PROBE_CLOCK_AT_RESET) clock = fmt::format("{:g} MHz (as after a reset)", board.clock_hz / 1e6);
  if (board.clock > PROBE_CLOCK_AT_RESET)
    clock = fmt::format("{:g} MHz ({} clock)", board.clock_hz / 1e6, to_text(board.clock));
  return fmt::format("{}, {} wait states{}", clock, board.flash_wait_states,
                     board.memory == 0 ? ", no caches" : memory_list(board, ", "));
}

const char* to_text(CacheState cache) { return word_of(kCacheStates, cache); }
const char* to_text(probe_clock clock) { return word_of(kClocks, clock); }

std::vector<std::string> memory_names(std::uint32_t memory) {
  std::vector<std::string> names;
  for (const auto& [bit, name] : kMemories)
    if (memory & bit) names.emplace_back(name);
  return names;
}

CacheState cache_state_from_text(const std::string& text) { return value_of(kCacheStates, text); }
probe_clock clock_from_text(const std::string& text) { return value_of(kClocks, text); }

std::uint32_t memory_from_names(const std::string& names) {
  std::istringstream words(names);
  std::uint32_t memory = 0;
  for (std::string name; words >> name;) memory |= value_of(kMemories, name);
  return memory;
}

}  // namespace thimble
