// The start-up code of the real boards over fake registers: chips that are sound, and chips of which a part never
// answers.
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "deploy/firmware/boards/clock.h"
#include "tests/catch.hpp"

extern "C" {
std::uint32_t register_read(std::uint32_t address);
void register_write(std::uint32_t address, std::uint32_t value);
void thimble_caches_start(void);
#define THIMBLE_BOARD(name) \
  void start_##name(void);  \
  extern thimble_clock_state clock_##name;
THIMBLE_BOARD(nucleo_f412zg)
THIMBLE_BOARD(nucleo_f446re)
THIMBLE_BOARD(nucleo_f746zg)
THIMBLE_BOARD(nucleo_h743zi2)
THIMBLE_BOARD(nucleo_l4r5zi)
THIMBLE_BOARD(stm32f746g_disco)
}

namespace {

/// Bits of a register that follow bits that were written: `ready` at `at` once `on` is set at `wanted_at`.
struct Answer {
  std::uint32_t wanted_at, on, at, ready;
};

/// The part of a reference manual that the start-up code depends on.
struct Chip {
  std::vector<Answer> answers;
  std::map<std::uint32_t, std::uint32_t> at_reset;
  std::uint32_t switch_at = 0, switch_mask = 0, switch_pll = 0;
  int switched_shift = 0;
  std::uint32_t flash_at = 0, flash_mask = 0;
};

class FakeChip {
 public:
  FakeChip(const Chip& chip, std::set<std::size_t> dead)
      : chip_(chip), dead_(std::move(dead)), values_(chip.at_reset) {}

  std::uint32_t read(std::uint32_t address) {
    ++reads_;
    std::uint32_t value = values_[address];
    for (std::size_t i = 0; i < chip_.answers.size(); ++i) {
      const Answer& answer = chip_.answers[i];
      if (answer.at != address) continue;
      const bool on = answer.on == 0 || (values_[answer.wanted_at] & answer.on) == answer.on;
      value = on && !dead_.contains(i) ? value | answer.ready : value & ~answer.ready;
    }
    if (address == chip_.switch_at && !dead_.contains(kSwitch))
      value |= (value & chip_.switch_mask) << chip_.switched_shift;
    return value;
  }

  void write(std::uint32_t address, std::uint32_t value) {
    values_[address] = value;
    writes_.emplace_back(address, value);
    if (address == chip_.switch_at && (value & chip_.switch_mask) == chip_.switch_pll) at_switch_ = values_;
  }

  static constexpr std::size_t kSwitch = 1000;  ///< as a dead part: the clock's switch itself

  std::uint32_t value(std::uint32_t address) { return values_[address]; }
  std::size_t reads() const { return reads_; }
  const auto& writes() const { return writes_; }
  /// All registers when the PLL was made the system clock; empty where it never was.
  std::map<std::uint32_t, std::uint32_t>& at_switch() { return at_switch_; }

 private:
  const Chip& chip_;
  std::set<std::size_t> dead_;
  std::map<std::uint32_t, std::uint32_t> values_, at_switch_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> writes_;
  std::size_t reads_ = 0;
};

FakeChip* fake = nullptr;

constexpr std::uint32_t bit(int number) { return 1u << number; }

// RM0390, RM0402, RM0385: RCC 0x40023800, PWR 0x40007000, FLASH 0x40023C00.
Chip f4_f7(bool overdrive) {
  Chip chip;
  chip.answers = {{0x40023800, bit(16), 0x40023800, bit(17)},   // HSE
                  {0x40023800, bit(24), 0x40023800, bit(25)}};  // PLL
  chip.answers.push_back({0, 0, 0x40007004, bit(14)});          // regulator
  if (overdrive) {
    chip.answers.push_back({0x40007000, bit(16), 0x40007004, bit(16)});
    chip.answers.push_back({0x40007000, bit(17), 0x40007004, bit(17)});
  }
  chip.at_reset = {{0x40023800, 0x83}, {0x40023804, 0x24003010}};
  chip.switch_at = 0x40023808, chip.switch_mask = 3, chip.switch_pll = 2, chip.switched_shift = 2;
  chip.flash_at = 0x40023C00, chip.flash_mask = 15;
  return chip;
}

// RM0433: RCC 0x58024400, PWR 0x58024800, FLASH 0x52002000.
Chip h7() {
  Chip chip;
  chip.answers = {{0x58024400, bit(16), 0x58024400, bit(17)},
                  {0x58024400, bit(24), 0x58024400, bit(25)},
                  {0x5802480C, bit(1), 0x58024804, bit(13)},
                  {0x58024818, 3u << 14, 0x58024818, bit(13)}};
  chip.at_reset = {{0x58024400, 0x25}, {0x5802480C, 6}, {0x58024818, 0x4000}, {0x52002000, 0x37}};
  chip.switch_at = 0x58024410, chip.switch_mask = 7, chip.switch_pll = 3, chip.switched_shift = 3;
  chip.flash_at = 0x52002000, chip.flash_mask = 15;
  return chip;
}

// RM0432: RCC 0x40021000, FLASH 0x40022000.
Chip l4() {
  Chip chip;
  chip.answers = {{0x40021000, bit(8), 0x40021000, bit(10)}, {0x40021000, bit(24), 0x40021000, bit(25)}};
  chip.at_reset = {{0x40021000, 0x63}, {0x4002100C, 0x1000}, {0x40007080, 0x100}};
  chip.switch_at = 0x40021008, chip.switch_mask = 3, chip.switch_pll = 3, chip.switched_shift = 2;
  chip.flash_at = 0x40022000, chip.flash_mask = 15;
  return chip;
}

struct BoardCase {
  const char* name;
  void (*start)(void);
  const thimble_clock_state* clock;
  Chip chip;
  std::uint32_t core_hz, reset_hz, wait_states, hse_hz;  ///< hse_hz 0: there is no clock from outside
  std::uint32_t (*pll_hz)(std::map<std::uint32_t, std::uint32_t>&, std::uint32_t hse_hz);
};

std::uint32_t pll_f4_f7(std::map<std::uint32_t, std::uint32_t>& registers, std::uint32_t hse_hz) {
  const std::uint32_t pll = registers[0x40023804], input = pll & bit(22) ? hse_hz : 16000000;
  return input / (pll & 63) * (pll >> 6 & 511) / (2 * (pll >> 16 & 3) + 2);
}

std::uint32_t pll_h7(std::map<std::uint32_t, std::uint32_t>& registers, std::uint32_t hse_hz) {
  const std::uint32_t select = registers[0x58024428], divide = registers[0x58024430];
  const std::uint32_t input = (select & 3) == 2 ? hse_hz : 64000000;
  return input / (select >> 4 & 63) * ((divide & 511) + 1) / ((divide >> 9 & 127) + 1);
}

std::uint32_t pll_l4(std::map<std::uint32_t, std::uint32_t>& registers, std::uint32_t) {
  const std::uint32_t pll = registers[0x4002100C];
  return 16000000 / ((pll >> 4 & 15) + 1) * (pll >> 8 & 127) / (2 * (pll >> 25 & 3) + 2);
}

const std::vector<BoardCase>& boards() {
  static const std::vector<BoardCase> all = {
      {"nucleo-f412zg", start_nucleo_f412zg, &clock_nucleo_f412zg, f4_f7(false), 100000000, 16000000, 3, 8000000,
       pll_f4_f7},
      {"nucleo-f446re", start_nucleo_f446re, &clock_nucleo_f446re, f4_f7(true), 180000000, 16000000, 5, 8000000,
       pll_f4_f7},
      {"nucleo-f746zg", start_nucleo_f746zg, &clock_nucleo_f746zg, f4_f7(true), 216000000, 16000000, 7, 8000000,
       pll_f4_f7},
      {"stm32f746g-disco", start_stm32f746g_disco, &clock_stm32f746g_disco, f4_f7(true), 216000000, 16000000, 7,
       25000000, pll_f4_f7},
      {"nucleo-h743zi2", start_nucleo_h743zi2, &clock_nucleo_h743zi2, h7(), 400000000, 64000000, 2, 8000000, pll_h7},
      {"nucleo-l4r5zi", start_nucleo_l4r5zi, &clock_nucleo_l4r5zi, l4(), 120000000, 4000000, 5, 0, pll_l4}};
  return all;
}

/// Starts a board of which some parts never answer.
FakeChip start(const BoardCase& board, std::set<std::size_t> dead) {
  FakeChip chip(board.chip, std::move(dead));
  fake = &chip;
  board.start();
  fake = nullptr;
  return chip;
}

}  // namespace

std::uint32_t register_read(std::uint32_t address) { return fake->read(address); }
void register_write(std::uint32_t address, std::uint32_t value) { fake->write(address, value); }

TEST_CASE("a sound board reaches its full speed, its flash slowed down before", "[deploy][boards]") {
  for (const BoardCase& board : boards()) {
    CAPTURE(board.name);
    FakeChip chip = start(board, {});
    CHECK(board.clock->source == (board.hse_hz != 0 ? CLOCK_PLL_EXTERNAL : CLOCK_PLL_INTERNAL));
    CHECK(board.clock->core_hz == board.core_hz);
    REQUIRE_FALSE(chip.at_switch().empty());
    CHECK(board.pll_hz(chip.at_switch(), board.hse_hz) == board.core_hz);
    CHECK((chip.at_switch()[board.chip.flash_at] & board.chip.flash_mask) == board.wait_states);
    CHECK(chip.reads() < 1000);
  }
}

TEST_CASE("without the clock from outside the internal oscillator gives the same speed", "[deploy][boards]") {
  for (const BoardCase& board : boards()) {
    if (board.hse_hz == 0) continue;
    CAPTURE(board.name);
    FakeChip chip = start(board, {0});
    CHECK(board.clock->source == CLOCK_PLL_INTERNAL);
    CHECK(board.clock->core_hz == board.core_hz);
    CHECK(board.pll_hz(chip.at_switch(), board.hse_hz) == board.core_hz);
  }
}

TEST_CASE("whatever never answers, the start ends, and says the clock that it has", "[deploy][boards]") {
  for (const BoardCase& board : boards()) {
    std::vector<std::set<std::size_t>> deaths = {{FakeChip::kSwitch}};
    std::set<std::size_t> all = {FakeChip::kSwitch};
    for (std::size_t i = 0; i < board.chip.answers.size(); ++i) deaths.push_back({i}), all.insert(i);
    deaths.push_back(all);
    for (const auto& dead : deaths) {
      CAPTURE(board.name, dead.size(), *dead.begin());
      FakeChip chip = start(board, dead);
      CHECK(chip.reads() < 1000000);  // 100000 for each wait
      const bool on_pll = (chip.value(board.chip.switch_at) & board.chip.switch_mask) == board.chip.switch_pll;
      CHECK(on_pll == (board.clock->source != CLOCK_AT_RESET));
      CHECK(board.clock->core_hz == (on_pll ? board.core_hz : board.reset_hz));
      CHECK(board.clock->uart_hz <= board.clock->core_hz);
      if (!on_pll) CHECK(board.clock->uart_hz == board.reset_hz);
      if (dead.contains(1)) CHECK_FALSE(on_pll);                                                   // the PLL itself
      if (dead.contains(FakeChip::kSwitch)) CHECK((chip.value(board.chip.switch_at) & ~3u) == 0);  // buses undivided
    }
  }
}

TEST_CASE("above the regulator's normal range the overdrive comes before the speed", "[deploy][boards]") {
  for (const BoardCase& board : boards()) {
    if (board.chip.answers.size() < 5) continue;
    CAPTURE(board.name);
    FakeChip chip = start(board, {});
    CHECK((chip.at_switch()[0x40007000] & (bit(16) | bit(17))) == (bit(16) | bit(17)));
    CHECK(start(board, {3}).at_switch().empty());
    CHECK(start(board, {4}).at_switch().empty());
  }
}

TEST_CASE("every line of the data cache is emptied once before it is on", "[deploy][boards]") {
  constexpr std::uint32_t kCcr = 0xE000ED14, kClidr = 0xE000ED78, kCcsidr = 0xE000ED80, kClean = 0xE000EF60;
  Chip chip;
  // An STM32F746's: 4 KiB, 4 ways, lines of 32 bytes, so 32 sets (ARMv7-M manual, section B4.8.3).
  chip.at_reset = {{kClidr, 0x09000003}, {kCcsidr, 31u << 13 | 3u << 3 | 1u}};
  FakeChip core(chip, {});
  fake = &core;
  thimble_caches_start();
  std::set<std::uint32_t> lines;
  std::size_t count = 0, last = 0, on = 0;
  for (std::size_t i = 0; i < core.writes().size(); ++i) {
    const auto& [address, value] = core.writes()[i];
    if (address == kClean) lines.insert(value), ++count, last = i;
    if (address == kCcr && (value & bit(16))) on = i;
  }
  CHECK(count == 128);
  CHECK(lines.size() == 128);
  CHECK(*lines.rbegin() == (3u << 30 | 31u << 5));
  CHECK(on > last);
  CHECK((core.value(kCcr) & (bit(16) | bit(17))) == (bit(16) | bit(17)));

  const std::size_t writes = core.writes().size();
  thimble_caches_start();  // data in the cache is not thrown away
  for (std::size_t i = writes; i < core.writes().size(); ++i) CHECK(core.writes()[i].first != kClean);

  const Chip no_caches;
  FakeChip without(no_caches, {});
  fake = &without;
  thimble_caches_start();
  CHECK(without.writes().empty());
  fake = nullptr;
}
