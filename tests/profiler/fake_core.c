/* The probe firmware's surroundings on the host: session.c, plan.c and frame.c are those of the boards. Bytes come and
 * go over descriptor 3, which the test holds the other end of; a counted region is a line on descriptor 4. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "firmware_probe/core.h"
#include "firmware_probe/stack.h"
#include "firmware_probe/transport.h"

__asm(
    ".bss\n"
    ".balign 16\n"
    ".global thimble_arena_start, thimble_arena_end\n"
    "thimble_arena_start: .skip 1048576\n"
    "thimble_arena_end:\n"
    ".global thimble_window_start, thimble_window_end\n"
    "thimble_window_start: .skip 262144\n"
    "thimble_window_end:\n"
    ".global thimble_image_start, thimble_image_end\n"
    "thimble_image_start: .skip 64\n"
    "thimble_image_end:\n"
    ".text\n");

static unsigned regions;

uint32_t core_id(void) { return 0xfa4e; }
uint32_t core_hz(void) { return 0; }
void region_begin(void) {}
void region_end(void) { dprintf(4, "%u 1000\n", ++regions); }

uintptr_t stack_paint(void) { return 0; }
uint32_t stack_used(uintptr_t top) {
  (void)top;
  return 96;
}
int stack_overflowed(void) { return 0; }
uint32_t stack_capacity(void) { return 4096; }

void transport_open(void) {}
void transport_drain(void) {}

uint8_t transport_read(void) {
  uint8_t byte;
  if (read(3, &byte, 1) != 1) exit(0);
  return byte;
}

void transport_write(const uint8_t* bytes, size_t size) {
  if (write(3, bytes, size) != (ssize_t)size) exit(1);
}
