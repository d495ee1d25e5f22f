/* The ways to a real board: the boxes in its RAM, and its UART. Nothing here waits without an end. */
#ifndef THIMBLE_PROBE_CHANNEL_H
#define THIMBLE_PROBE_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

void mailbox_open(void);
/* 0: there is no byte now. */
int mailbox_take(uint8_t* byte);
void mailbox_send(const uint8_t* bytes, size_t size);
/* Returns when what was sent was fetched, or nobody seems to want it. */
void mailbox_drain(void);

/* One implementation is linked into an image: uart_stm32.c, or uart_none.c. */
void uart_open(void);
int uart_take(uint8_t* byte);
void uart_send(const uint8_t* bytes, size_t size);
void uart_drain(void);
/* Lets a byte that comes end WFI, or no longer. Interrupts must be masked: there is no handler. */
void uart_wakes(int on);

#endif
