#include "evaluators/limits.hpp"

#include "evaluators/board_planner.hpp"
#include "tests/catch.hpp"

using namespace thimble;

TEST_CASE("limits in KB are those of the board where they are 0, and never more", "[evaluators][limits]") {
  Board board;
  board.ram_size_kb = 64, board.flash_size_kb = 128;
  const auto both = [](const MemoryLimits& limits) { return std::pair(limits.sram_bytes, limits.flash_bytes); };
  CHECK(both(memory_limits(board)) == std::pair<std::int64_t, std::int64_t>(64 * 1024, 128 * 1024));
  CHECK(both(memory_limits(board, 1.5, 127)) == std::pair<std::int64_t, std::int64_t>(1536, 127 * 1024));
  CHECK(both(memory_limits(board, 65, 0)) == std::pair<std::int64_t, std::int64_t>(64 * 1024, 128 * 1024));
  CHECK(both(memory_limits(Board{})) == std::pair<std::int64_t, std::int64_t>(0, 0));
}

TEST_CASE("needs within the limits fit, to the last byte", "[evaluators][limits]") {
  const Limits limits{.sram_kb = 2, .flash_kb = 4, .latency_ms = 3};
  CHECK(check(limits, {2048, 4096, 3000}).holds());
  CHECK_FALSE(check(limits, {2049, 4096, 3000}).holds());
  CHECK_FALSE(check(limits, {2048, 4097, 3000}).holds());
  CHECK_FALSE(check(limits, {2048, 4096, 3000.1}).holds());
}

TEST_CASE("what is not limited, or not known, fits", "[evaluators][limits]") {
  CHECK(check({}, {1 << 30, 1 << 30, 1e9}).holds());
  CHECK(check({.sram_kb = 1, .flash_kb = 1, .latency_ms = 1}, {}).holds());
}

TEST_CASE("the reason names every broken limit, and the excess is the largest overrun", "[evaluators][limits]") {
  const Fit fit = check({.sram_kb = 256, .flash_kb = 1024, .latency_ms = 50}, {300 * 1024, 2048 * 1024, 49000});
  CHECK(fit.reason == "peak SRAM 300.0 KB of 256 KB (117 %), flash 2048.0 KB of 1024 KB (200 %)");
  CHECK(fit.excess == Approx(1.0));
}
