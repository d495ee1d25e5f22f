#include "profiler/board_state.hpp"

#include "graph/base/error.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

BoardState f446() {
  return {.cpuid = 0x410fc241,
          .clock_hz = 180000000,
          .clock = PROBE_CLOCK_EXTERNAL,
          .flash_wait_states = 5,
          .memory = PROBE_FLASH_INSTRUCTION_CACHE | PROBE_FLASH_DATA_CACHE | PROBE_FLASH_PREFETCH};
}

}  // namespace

TEST_CASE("a board's state is told in words, and is part of a measurement's key", "[profiler][board]") {
  CHECK(to_text(f446()) ==
        "180 MHz (external clock), 5 wait states, flash_instruction_cache, flash_data_cache, flash_prefetch");
  CHECK(key_text(f446(), CacheState::kWarm) ==
        "state=410fc241,external,180000000Hz,5ws,flash_instruction_cache,flash_data_cache,flash_prefetch cache=warm");
  CHECK(to_text(BoardState{}) == "no clock of its own, 0 wait states, no caches");
  CHECK(key_text(BoardState{.cpuid = 0x410fc240}, CacheState::kWarm) == "state=no_clock,0ws cache=none");
}

TEST_CASE("every difference in a board's state is one in the key", "[profiler][board]") {
  const std::string key = key_text(f446(), CacheState::kWarm);
  CHECK(key_text(f446(), CacheState::kCold) != key);
  const auto changed = [](auto change) {
    BoardState state = f446();
    change(state);
    return key_text(state, CacheState::kWarm);
  };
  CHECK(changed([](BoardState& s) { s.cpuid = 0x410fc240; }) != key);
  CHECK(changed([](BoardState& s) { s.clock_hz = 168000000; }) != key);
  CHECK(changed([](BoardState& s) { s.clock = PROBE_CLOCK_INTERNAL; }) != key);
  CHECK(changed([](BoardState& s) { s.flash_wait_states = 6; }) != key);
  for (const std::uint32_t bit : {1u, 2u, 4u, 8u, 16u}) CHECK(changed([&](BoardState& s) { s.memory ^= bit; }) != key);
}

TEST_CASE("without caches cold and warm are one state, and it says so", "[profiler][board]") {
  BoardState state;
  CHECK(cache_state_of(state, CacheState::kCold) == CacheState::kNone);
  CHECK(key_text(state, CacheState::kCold) == key_text(state, CacheState::kWarm));
  state.memory = PROBE_FLASH_PREFETCH;  // which keeps nothing
  CHECK(cache_state_of(state, CacheState::kCold) == CacheState::kNone);
  state.memory = PROBE_DATA_CACHE;
  CHECK(cache_state_of(state, CacheState::kCold) == CacheState::kCold);
}

TEST_CASE("the words of a state are read as they are written", "[profiler][board]") {
  for (const CacheState cache : {CacheState::kNone, CacheState::kWarm, CacheState::kCold})
    CHECK(cache_state_from_text(to_text(cache)) == cache);
  for (const probe_clock clock : {PROBE_CLOCK_NONE, PROBE_CLOCK_AT_RESET, PROBE_CLOCK_INTERNAL, PROBE_CLOCK_EXTERNAL})
    CHECK(clock_from_text(to_text(clock)) == clock);
  for (std::uint32_t memory = 0; memory < 32; ++memory) {
    std::string names;
    for (const std::string& name : memory_names(memory)) names += name + " ";
    CHECK(memory_from_names(names) == memory);
  }
  CHECK_THROWS_WITH(cache_state_from_text("hot"), "no state of a board: 'hot'");
}
