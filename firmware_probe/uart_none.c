/* Of a board whose UART nobody listens to. */
#include "channel.h"

void uart_open(void) {}

int uart_take(uint8_t* byte) {
  (void)byte;
  return 0;
}

void uart_send(const uint8_t* bytes, size_t size) { (void)bytes, (void)size; }
void uart_drain(void) {}
void uart_wakes(int on) { (void)on; }
