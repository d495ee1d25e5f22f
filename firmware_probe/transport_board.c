/* A real board is reached through its RAM and by its UART, whichever speaks; an answer goes the way its request came.
 */
#include "channel.h"
#include "timer.h"
#include "transport.h"
#include "watchdog.h"

static int by_uart;

void transport_open(void) {
  mailbox_open();
  uart_open();
}

static int take(uint8_t* byte) {
  if (mailbox_take(byte)) {
    by_uart = 0;
    return 1;
  }
  if (!uart_take(byte)) return 0;
  by_uart = 1;
  return 1;
}

/* The mailbox cannot wake the core: it is looked into every millisecond. */
static void sleep(void) {
  watchdog_feed();
  __asm volatile("cpsid i" ::: "memory");
  uart_wakes(1);
  timer_idle();
  uart_wakes(0);
  __asm volatile("cpsie i" ::: "memory");
}

uint8_t transport_read(void) {
  uint8_t byte;
  while (!take(&byte)) sleep();
  return byte;
}

void transport_write(const uint8_t* bytes, size_t size) {
  if (by_uart)
    uart_send(bytes, size);
  else
    mailbox_send(bytes, size);
}

void transport_drain(void) {
  if (by_uart)
    uart_drain();
  else
    mailbox_drain();
}
