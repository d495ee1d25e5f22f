// UART, pin and watchdog of the real boards over fake registers: the facts here are those of the boards' user manuals
// and of the chips' reference manuals, in their words.
#include <string>
#include <vector>

#include "deploy/firmware/boards/clock.h"
#include "tests/catch.hpp"
#include "tests/profiler/fake_registers.hpp"

using thimble::test::registers;
using thimble::test::writes;

extern "C" {
#define THIMBLE_BOARD(name)                                           \
  extern thimble_clock_state clock_##name;                            \
  void uart_open_##name(void);                                        \
  int uart_take_##name(std::uint8_t* byte);                           \
  void uart_send_##name(const std::uint8_t* bytes, std::size_t size); \
  void uart_wakes_##name(int on);                                     \
  void marker_open_##name(void);                                      \
  void marker_set_##name(int high);                                   \
  void watchdog_open_##name(void);
THIMBLE_BOARD(nucleo_f412zg)
THIMBLE_BOARD(nucleo_f446re)
THIMBLE_BOARD(nucleo_f746zg)
THIMBLE_BOARD(nucleo_h743zi2)
THIMBLE_BOARD(nucleo_l4r5zi)
THIMBLE_BOARD(stm32f746g_disco)
#undef THIMBLE_BOARD
}

namespace {

struct Pin {
  char port;
  unsigned number;
};

/// A chip family's ports and their clocks.
struct Ports {
  std::uint32_t first, clocks;
  std::uint32_t at(Pin pin) const { return first + 0x400u * static_cast<unsigned>(pin.port - 'A'); }
};

constexpr Ports kF4{0x40020000, 0x40023830}, kH7{0x58020000, 0x580244E0}, kL4{0x48000000, 0x4002104C};

/// Offsets of a UART's registers, and its enabling bit.
struct UartKind {
  std::uint32_t status, data_in, data_out, divider, control, forget, on;
  double scale;
};

constexpr UartKind kOld{0x00, 0x04, 0x04, 0x08, 0x0C, 0, 1u << 13, 1}, kNew{0x1C, 0x24, 0x28, 0x0C, 0x00, 0x20, 1, 1},
    kLowPower{0x1C, 0x24, 0x28, 0x0C, 0x00, 0x20, 1, 256};

struct BoardFacts {
  std::string name;
  Ports ports;
  UartKind kind;
  std::uint32_t uart, uart_clock, uart_clock_bit, interrupt;
  Pin transmit, receive;
  std::uint32_t function;
  Pin marker;
  std::uint32_t watchdog, uart_hz;
  thimble_clock_state* clock;
  void (*uart_open)();
  int (*uart_take)(std::uint8_t*);
  void (*uart_send)(const std::uint8_t*, std::size_t);
  void (*uart_wakes)(int);
  void (*marker_open)();
  void (*marker_set)(int);
  void (*watchdog_open)();
};

#define THIMBLE_FUNCTIONS(name)                                                                               \
  &clock_##name, uart_open_##name, uart_take_##name, uart_send_##name, uart_wakes_##name, marker_open_##name, \
      marker_set_##name, watchdog_open_##name

const std::vector<BoardFacts> kBoards = {
    {"nucleo-f446re",
     kF4,
     kOld,
     0x40004400,
     0x40023840,
     17,
     38,
     {'A', 2},
     {'A', 3},
     7,
     {'B', 5},
     0x40003000,
     45000000,
     THIMBLE_FUNCTIONS(nucleo_f446re)},
    {"nucleo-f412zg",
     kF4,
     kOld,
     0x40004800,
     0x40023840,
     18,
     39,
     {'D', 8},
     {'D', 9},
     7,
     {'E', 11},
     0x40003000,
     50000000,
     THIMBLE_FUNCTIONS(nucleo_f412zg)},
    {"nucleo-f746zg",
     kF4,
     kNew,
     0x40004800,
     0x40023840,
     18,
     39,
     {'D', 8},
     {'D', 9},
     7,
     {'E', 11},
     0x40003000,
     54000000,
     THIMBLE_FUNCTIONS(nucleo_f746zg)},
    {"stm32f746g-disco",
     kF4,
     kNew,
     0x40011000,
     0x40023844,
     4,
     37,
     {'A', 9},
     {'B', 7},
     7,
     {'G', 7},
     0x40003000,
     108000000,
     THIMBLE_FUNCTIONS(stm32f746g_disco)},
    {"nucleo-h743zi2",
     kH7,
     kNew,
     0x40004800,
     0x580244E8,
     18,
     39,
     {'D', 8},
     {'D', 9},
     7,
     {'E', 11},
     0x58004800,
     100000000,
     THIMBLE_FUNCTIONS(nucleo_h743zi2)},
    {"nucleo-l4r5zi",
     kL4,
     kLowPower,
     0x40008000,
     0x4002105C,
     0,
     70,
     {'G', 7},
     {'G', 8},
     8,
     {'E', 11},
     0x40003000,
     120000000,
     THIMBLE_FUNCTIONS(nucleo_l4r5zi)},
};

/// Two bits, or four, of a field.
std::uint32_t field(std::uint32_t address, unsigned number, unsigned bits) {
  return registers[address] >> number * bits & ((1u << bits) - 1);
}

const BoardFacts& any_board() {
  const std::size_t index = GENERATE(range(std::size_t{0}, std::size_t{6}));
  registers.clear();
  writes.clear();
  const BoardFacts& board = kBoards.at(index);
  board.clock->uart_hz = board.uart_hz;
  return board;
}

}  // namespace

TEST_CASE("a board's UART is the one that its virtual port is wired to, at 115200 baud", "[profiler][probe]") {
  const BoardFacts& board = any_board();
  CAPTURE(board.name);
  for (const std::uint32_t hz : {16000000u, board.uart_hz}) {  // the first is of a PLL that did not start
    board.clock->uart_hz = hz;
    board.uart_open();
    CHECK(hz * board.kind.scale / registers[board.uart + board.kind.divider] == Approx(115200).epsilon(0.01));
  }
  CHECK(registers[board.uart + board.kind.control] == (board.kind.on | 1u << 2 | 1u << 3 | 1u << 5));
  CHECK((registers[board.uart_clock] >> board.uart_clock_bit & 1) == 1);
  for (const Pin pin : {board.transmit, board.receive}) {
    const std::uint32_t port = board.ports.at(pin);
    CHECK((registers[board.ports.clocks] >> (pin.port - 'A') & 1) == 1);
    CHECK(field(port, pin.number, 2) == 2);  // an alternate function
    CHECK(field(port + 0x20 + pin.number / 8 * 4, pin.number % 8, 4) == board.function);
  }
  CHECK(field(board.ports.at(board.receive) + 0x0C, board.receive.number, 2) == 1);  // pulled up
}

TEST_CASE("a board's UART takes bytes one by one, sends them, and forgets its errors", "[profiler][probe]") {
  const BoardFacts& board = any_board();
  CAPTURE(board.name);
  const std::uint32_t status = board.uart + board.kind.status;
  std::uint8_t byte = 0;
  CHECK(board.uart_take(&byte) == 0);
  registers[status] = 1u << 5;
  registers[board.uart + board.kind.data_in] = 0xA7;
  CHECK(board.uart_take(&byte) == 1);
  CHECK(byte == 0xA7);
  registers[status] = 1u << 3;  // overrun
  writes.clear();
  CHECK(board.uart_take(&byte) == 0);
  if (board.kind.forget != 0) CHECK(writes == decltype(writes){{board.uart + board.kind.forget, 1u << 3}});

  registers[status] = 1u << 7;
  writes.clear();
  const std::uint8_t sent[] = {1, 2};
  board.uart_send(sent, 2);
  CHECK(writes == decltype(writes){{board.uart + board.kind.data_out, 1}, {board.uart + board.kind.data_out, 2}});

  writes.clear();
  board.uart_wakes(1);
  board.uart_wakes(0);
  const std::uint32_t word = board.interrupt / 32 * 4, bit = 1u << board.interrupt % 32;
  CHECK(writes == decltype(writes){{0xE000E100 + word, bit}, {0xE000E180 + word, bit}, {0xE000E280 + word, bit}});
}

TEST_CASE("a UART that never becomes ready holds nothing up", "[profiler][probe]") {
  const BoardFacts& board = any_board();
  const std::uint8_t byte = 1;
  board.uart_send(&byte, 1);
  CHECK(writes.empty());
}

TEST_CASE("a board's marker is a pin of its own, low at first", "[profiler][probe]") {
  const BoardFacts& board = any_board();
  CAPTURE(board.name);
  const std::uint32_t port = board.ports.at(board.marker), low = 1u << (board.marker.number + 16);
  board.marker_open();
  CHECK((registers[board.ports.clocks] >> (board.marker.port - 'A') & 1) == 1);
  CHECK(field(port, board.marker.number, 2) == 1);  // an output
  CHECK(registers[port + 0x18] == low);
  board.marker_set(1);
  CHECK(registers[port + 0x18] == 1u << board.marker.number);
  board.marker_set(0);
  CHECK(registers[port + 0x18] == low);
}

TEST_CASE("a board's watchdog is started, slowed down and fed", "[profiler][probe]") {
  const BoardFacts& board = any_board();
  CAPTURE(board.name);
  board.watchdog_open();
  const std::uint32_t key = board.watchdog;
  CHECK(writes == decltype(writes){{key, 0xCCCC}, {key, 0x5555}, {key + 4, 6}, {key + 8, 2000}, {key, 0xAAAA}});
}
