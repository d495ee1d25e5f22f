/* The UART that the ST-LINK's virtual port is wired to: 115200 baud, 8N1 (reference manuals, chapters USART and GPIO).
 * board.h names it and its transmit pin, pins.h what else the probe needs of it. */
#include "board.h"
#include "channel.h"
#include "clock.h"
#include "pins.h"
#include "stm32.h"

enum { BAUD = 115200 };

/* The older USART has one data register, and forgets errors when that one is read. */
#if BOARD_UART_HAS_SR
enum { STATUS = BOARD_UART, DATA_IN = BOARD_UART + 4, DATA_OUT = BOARD_UART + 4, DIVIDER = BOARD_UART + 8 };
enum { CONTROL = BOARD_UART + 12, UART_ON = 1 << 13 };
#else
enum {
  STATUS = BOARD_UART + 0x1C,
  DATA_IN = BOARD_UART + 0x24,
  DATA_OUT = BOARD_UART + 0x28,
  DIVIDER = BOARD_UART + 12
};
enum { CONTROL = BOARD_UART, FORGET = BOARD_UART + 0x20, UART_ON = 1 };
#endif
enum { RECEIVE = 1 << 2, TRANSMIT = 1 << 3, RECEIVED_INTERRUPT = 1 << 5 };
enum { ERRORS = 15, RECEIVED = 1 << 5, SENT = 1 << 6, EMPTY = 1 << 7 };

/* NVIC_ISER, NVIC_ICER and NVIC_ICPR (ARMv7-M manual B3.4). */
enum { INTERRUPT_ON = 0xE000E100, INTERRUPT_OFF = 0xE000E180, INTERRUPT_FORGET = 0xE000E280 };
enum { INTERRUPT_WORD = PROBE_UART_INTERRUPT / 32 * 4 };
static const uint32_t interrupt_bit = 1u << PROBE_UART_INTERRUPT % 32;

/* Gives a pin to the UART. */
static void take_pin(uint32_t port, uint32_t port_clock_bit, uint32_t pin) {
  register_change(BOARD_PORT_CLOCK, 0, 1u << port_clock_bit);
  (void)register_read(BOARD_PORT_CLOCK); /* the clock is there two cycles after it was enabled */
  register_change(port + 0x20 + pin / 8 * 4, 15u << pin % 8 * 4, BOARD_TX_FUNCTION << pin % 8 * 4);
  register_change(port, 3u << pin * 2, 2u << pin * 2);
}

void uart_open(void) {
  take_pin(BOARD_PORT, BOARD_PORT_CLOCK_BIT, BOARD_TX_PIN);
  take_pin(PROBE_PORT(PROBE_RX_PORT), PROBE_RX_PORT, PROBE_RX_PIN);
  /* Up, as an idle line is: a pin that nobody drives receives nothing. */
  register_change(PROBE_PORT(PROBE_RX_PORT) + 0x0C, 3u << PROBE_RX_PIN * 2, 1u << PROBE_RX_PIN * 2);
  register_change(BOARD_UART_CLOCK, 0, 1u << BOARD_UART_CLOCK_BIT);
  (void)register_read(BOARD_UART_CLOCK);
  const uint32_t hz = thimble_clock.uart_hz / BAUD * BOARD_UART_SCALE;
  const uint32_t rest = thimble_clock.uart_hz % BAUD * BOARD_UART_SCALE;
  register_write(DIVIDER, hz + (rest + BAUD / 2) / BAUD);
  register_write(CONTROL, UART_ON | TRANSMIT | RECEIVE | RECEIVED_INTERRUPT);
}

/* A byte that was lost breaks its frame's checksum, and the frame is sent again: here the error is only forgotten. */
int uart_take(uint8_t* byte) {
  const uint32_t status = register_read(STATUS);
#if BOARD_UART_HAS_SR
  if (!(status & (RECEIVED | ERRORS))) return 0;
#else
  if (status & ERRORS) register_write(FORGET, status & ERRORS);
  if (!(status & RECEIVED)) return 0;
#endif
  *byte = (uint8_t)register_read(DATA_IN);
  return (status & RECEIVED) != 0;
}

void uart_send(const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (!register_wait(STATUS, EMPTY, EMPTY)) return;
    register_write(DATA_OUT, bytes[i]);
  }
}

void uart_drain(void) { (void)register_wait(STATUS, SENT, SENT); }

void uart_wakes(int on) {
  register_write((on ? INTERRUPT_ON : INTERRUPT_OFF) + INTERRUPT_WORD, interrupt_bit);
  if (!on) register_write(INTERRUPT_FORGET + INTERRUPT_WORD, interrupt_bit);
}
