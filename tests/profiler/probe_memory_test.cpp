// Caches and flash of the real boards over fake registers: facts of the chips' reference manuals (FLASH_ACR) and of the
// ARMv7-M manual (CCR, CCSIDR, DCCISW, ICIALLU).
#include <string>

#include "firmware_probe/protocol.h"
#include "tests/catch.hpp"
#include "tests/profiler/fake_registers.hpp"

using thimble::test::registers;
using thimble::test::writes;

extern "C" {
#define THIMBLE_BOARD(name)                      \
  std::uint32_t memory_flags_##name(void);       \
  std::uint32_t memory_wait_states_##name(void); \
  void memory_make_cold_##name(void);
THIMBLE_BOARD(nucleo_f412zg)
THIMBLE_BOARD(nucleo_f446re)
THIMBLE_BOARD(nucleo_f746zg)
THIMBLE_BOARD(nucleo_h743zi2)
THIMBLE_BOARD(nucleo_l4r5zi)
THIMBLE_BOARD(stm32f746g_disco)
#undef THIMBLE_BOARD
}

namespace {

using Writes = decltype(thimble::test::writes);

constexpr std::uint32_t kCcr = 0xE000ED14, kCcsidr = 0xE000ED80, kCsselr = 0xE000ED84;
constexpr std::uint32_t kIciallu = 0xE000EF50, kDcciswAddress = 0xE000EF74;
constexpr std::uint32_t kBothCaches = 3u << 16;
// 4 ways of 2 sets of 32 bytes: lines of 8 words are a 1 in the lowest bits.
constexpr std::uint32_t kSmallCache = (2u - 1) << 13 | (4u - 1) << 3 | 1;

struct BoardFacts {
  std::string name;
  std::uint32_t acr, started, wait_states, flags;  // FLASH_ACR and its value after the start-up
  bool is_m7;
  Writes flash;  // that empty its caches
  std::uint32_t (*memory_flags)();
  std::uint32_t (*memory_wait_states)();
  void (*memory_make_cold)();
};

#define THIMBLE_FUNCTIONS(name) memory_flags_##name, memory_wait_states_##name, memory_make_cold_##name

constexpr std::uint32_t kF4 = 0x40023C00, kL4 = 0x40022000, kH7 = 0x52002000;
constexpr std::uint32_t kTwoFlashCaches = PROBE_FLASH_INSTRUCTION_CACHE | PROBE_FLASH_DATA_CACHE | PROBE_FLASH_PREFETCH;
constexpr std::uint32_t kOneFlashCache = PROBE_FLASH_INSTRUCTION_CACHE | PROBE_FLASH_PREFETCH;

/// Bits 9 and 10 switch the two caches, 11 and 12 reset them: off, reset, no longer reset, on.
Writes empty_both(std::uint32_t acr, std::uint32_t latency) {
  return {{acr, 0x100 | latency}, {acr, 0x1900 | latency}, {acr, 0x100 | latency}, {acr, 0x700 | latency}};
}

/// Bit 9 switches the ART accelerator, 11 resets it.
Writes empty_art(std::uint32_t acr, std::uint32_t latency) {
  return {{acr, 0x100 | latency}, {acr, 0x900 | latency}, {acr, 0x100 | latency}, {acr, 0x300 | latency}};
}

const std::vector<BoardFacts> kBoards = {
    {"nucleo-f412zg", kF4, 0x703, 3, kTwoFlashCaches, false, empty_both(kF4, 3), THIMBLE_FUNCTIONS(nucleo_f412zg)},
    {"nucleo-f446re", kF4, 0x705, 5, kTwoFlashCaches, false, empty_both(kF4, 5), THIMBLE_FUNCTIONS(nucleo_f446re)},
    {"nucleo-l4r5zi", kL4, 0x705, 5, kTwoFlashCaches, false, empty_both(kL4, 5), THIMBLE_FUNCTIONS(nucleo_l4r5zi)},
    {"nucleo-f746zg", kF4, 0x307, 7, kOneFlashCache, true, empty_art(kF4, 7), THIMBLE_FUNCTIONS(nucleo_f746zg)},
    {"stm32f746g-disco", kF4, 0x307, 7, kOneFlashCache, true, empty_art(kF4, 7), THIMBLE_FUNCTIONS(stm32f746g_disco)},
    {"nucleo-h743zi2", kH7, 0x22, 2, 0, true, {}, THIMBLE_FUNCTIONS(nucleo_h743zi2)},
};

const BoardFacts& any_board() {
  const BoardFacts& board = kBoards.at(GENERATE(range(std::size_t{0}, std::size_t{6})));
  registers.clear();
  registers[board.acr] = board.started;
  if (board.is_m7) registers[kCcr] = 0x40200 | kBothCaches;
  registers[kCcsidr] = kSmallCache;
  writes.clear();
  return board;
}

Writes of_address(std::uint32_t address) {
  Writes found;
  for (const auto& write : writes)
    if (write.first == address) found.push_back(write);
  return found;
}

}  // namespace

TEST_CASE("a board says which caches are on, and how long its flash takes", "[profiler][probe]") {
  const BoardFacts& board = any_board();
  CAPTURE(board.name);
  const std::uint32_t core = board.is_m7 ? PROBE_INSTRUCTION_CACHE | PROBE_DATA_CACHE : 0;
  CHECK(board.memory_wait_states() == board.wait_states);
  CHECK(board.memory_flags() == (board.flags | core));
  registers[board.acr] = 0;
  registers[kCcr] = 0x200;  // as after a reset
  CHECK(board.memory_wait_states() == 0);
  CHECK(board.memory_flags() == 0);
  CHECK(writes.empty());
}

TEST_CASE("a cold run finds every cache empty, and switched on as before", "[profiler][probe]") {
  const BoardFacts& board = any_board();
  CAPTURE(board.name);
  board.memory_make_cold();
  CHECK(of_address(board.acr) == board.flash);
  CHECK(registers[board.acr] == board.started);
  CHECK(of_address(kCcr).empty());
  if (!board.is_m7) {
    CHECK(writes == board.flash);
    return;
  }
  CHECK(of_address(kCsselr) == Writes{{kCsselr, 0}});
  Writes lines;  // two sets from bit 5 on, four ways in the topmost two bits
  for (const std::uint32_t set : {0u, 1u << 5})
    for (const std::uint32_t way : {0u, 1u << 30, 2u << 30, 3u << 30}) lines.emplace_back(kDcciswAddress, way | set);
  CHECK(of_address(kDcciswAddress) == lines);
  CHECK(of_address(kIciallu) == Writes{{kIciallu, 0}});
}

TEST_CASE("caches that are off are left alone", "[profiler][probe]") {
  const BoardFacts& board = any_board();
  CAPTURE(board.name);
  registers[board.acr] = board.started & ~0x600u;
  registers[kCcr] = 0x200;
  board.memory_make_cold();
  CHECK(writes.empty());
}
