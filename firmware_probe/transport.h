/* How bytes reach the probe. One implementation is linked into an image: uart_cmsdk.c for the virtual boards,
 * transport_board.c for real ones. */
#ifndef THIMBLE_PROBE_TRANSPORT_H
#define THIMBLE_PROBE_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

void transport_open(void);
/* The next byte; sleeps until there is one. */
uint8_t transport_read(void);
void transport_write(const uint8_t* bytes, size_t size);
/* Returns when all that was written has left the chip. */
void transport_drain(void);

#endif
