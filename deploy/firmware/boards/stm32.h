/* Registers of an STM32, by their addresses in the reference manuals. A test of the clock code brings its own accesses. */
#ifndef THIMBLE_STM32_H
#define THIMBLE_STM32_H

#include <stdint.h>

#if defined(THIMBLE_FAKE_REGISTERS)
uint32_t register_read(uint32_t address);
void register_write(uint32_t address, uint32_t value);
#else
static inline uint32_t register_read(uint32_t address) { return *(volatile uint32_t *)(uintptr_t)address; }
static inline void register_write(uint32_t address, uint32_t value) {
  *(volatile uint32_t *)(uintptr_t)address = value;
}
#endif

static inline void register_change(uint32_t address, uint32_t clear, uint32_t set) {
  register_write(address, (register_read(address) & ~clear) | set);
}

/* What a wait may take: some 0.1 s at 16 MHz; crystals start within 10 ms, PLLs and regulators within 1 ms. */
enum { REGISTER_READS = 100000 };

/* Waits until the bits of `mask` are `value`; 0 where they are not in time. Every wait of the start-up is this one. */
static inline int register_wait(uint32_t address, uint32_t mask, uint32_t value) {
  for (uint32_t i = 0; i < REGISTER_READS; ++i)
    if ((register_read(address) & mask) == value) return 1;
  return 0;
}

#endif
