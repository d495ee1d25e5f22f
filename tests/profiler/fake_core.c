/* The probe firmware's surroundings on the host: session.c, plan.c and frame.c are those of the boards. Bytes come and
 * go over descriptor 3, which the test holds the other end of; a counted region is a line on descriptor 4. Named in
 * THIMBLE_FAKE: "caches", with which a region takes 1000 cycles warm and 5000 cold; "unsteady", a clock that is another
 * one after the hello; "absurd", a clock that nobody knows. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "firmware_probe/core.h"
#include "firmware_probe/memory.h"
#include "firmware_probe/stack.h"
#include "firmware_probe/timer.h"
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

static unsigned regions, asked;
static int warm;

static int is_fake(const char* what) {
  const char* const names = getenv("THIMBLE_FAKE");
  return names && strstr(names, what);
}

uint32_t core_id(void) { return 0xfa4e; }
uint32_t core_hz(void) { return is_fake("unsteady") && asked++ > 0 ? 16000000 : 0; }
uint32_t core_clock(void) { return is_fake("absurd") ? 9 : PROBE_CLOCK_NONE; }
void region_begin(void) {}

void region_end(void) {
  dprintf(4, "%u %u\n", ++regions, warm || !is_fake("caches") ? 1000u : 5000u);
  warm = 1;
}

uint32_t memory_flags(void) { return is_fake("caches") ? PROBE_DATA_CACHE : PROBE_FLASH_PREFETCH; }
uint32_t memory_wait_states(void) { return 3; }
void memory_make_cold(void) { warm = 0; }

void timer_open(void) {}
enum probe_timer timer_kind(void) { return PROBE_TIMER_NONE; }
void timer_limit(uint32_t cycles) { (void)cycles; }
void timer_start(void) {}
void timer_guard(void) { warm = 1; } /* before the run that is not timed */
uint32_t timer_stop(void) { return 0; }
void timer_idle(void) {}
int timer_tick(void) { return 0; }

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
