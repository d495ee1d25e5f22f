/* UART 0 of the MPS2 and MPS3 FPGA images (Arm application notes 385, 386, 500 and 547): a CMSDK APB UART, one byte
 * deep each way. The build names its address and the number of its receive interrupt. */
#include "transport.h"

enum { STATE_TX_FULL = 1, STATE_RX_FULL = 2 };
enum { CONTROL_TX = 1, CONTROL_RX = 2, CONTROL_RX_INTERRUPT = 8 };
enum { INTERRUPT_RX = 2 };

typedef struct {
  uint32_t data, state, control, interrupt, baud_divider;
} uart_registers;

static volatile uart_registers* const uart = (volatile uart_registers*)PROBE_UART;
/* NVIC_ISER and NVIC_ICPR: a word for 32 interrupts (ARMv7-M manual B3.4). */
enum { INTERRUPT_WORD = PROBE_UART_INTERRUPT / 32u, INTERRUPT_BIT = PROBE_UART_INTERRUPT % 32u };
static volatile uint32_t* const interrupt_set_enable = (volatile uint32_t*)0xE000E100u + INTERRUPT_WORD;
static volatile uint32_t* const interrupt_clear_pending = (volatile uint32_t*)0xE000E280u + INTERRUPT_WORD;
static const uint32_t rx_interrupt_line = 1u << INTERRUPT_BIT;

void transport_open(void) {
  /* Interrupts stay masked: a pending one ends WFI all the same, and needs no handler. */
  __asm volatile("cpsid i" ::: "memory");
  uart->baud_divider = 25000000u / 921600u;
  uart->control = CONTROL_TX | CONTROL_RX | CONTROL_RX_INTERRUPT;
  *interrupt_set_enable = rx_interrupt_line;
  (void)uart->data; /* whoever waited for the receiver to be enabled is told by a read */
}

uint8_t transport_read(void) {
  while (!(uart->state & STATE_RX_FULL)) __asm volatile("wfi" ::: "memory");
  const uint8_t byte = (uint8_t)uart->data;
  uart->interrupt = INTERRUPT_RX;
  *interrupt_clear_pending = rx_interrupt_line;
  return byte;
}

void transport_write(const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    while (uart->state & STATE_TX_FULL) {
    }
    uart->data = bytes[i];
  }
}

void transport_drain(void) {
  while (uart->state & STATE_TX_FULL) {
  }
}
