/* The caches of a Cortex-M7 (ARMv7-M manual, sections B2.2 and B4.8), and the flash before them. A core without caches
 * says that none is on. */
#include "memory.h"

#include "flash.h"
#include "stm32.h"

enum { CCR = 0xE000ED14, CCSIDR = 0xE000ED80, CSSELR = 0xE000ED84, ICIALLU = 0xE000EF50, DCCISW = 0xE000EF74 };
enum { DATA_CACHE_ON = 1 << 16, INSTRUCTION_CACHE_ON = 1 << 17 };

static void barrier(void) {
#if defined(__arm__)
  __asm volatile("dsb\n\tisb" ::: "memory");
#endif
}

uint32_t memory_flags(void) {
  const uint32_t on = register_read(CCR);
  return (on & INSTRUCTION_CACHE_ON ? PROBE_INSTRUCTION_CACHE : 0u) | (on & DATA_CACHE_ON ? PROBE_DATA_CACHE : 0u) |
         flash_flags();
}

uint32_t memory_wait_states(void) { return flash_wait_states(); }

/* Written back and forgotten, line by line; the way's number stands in the topmost bits, however many there are. */
static void empty_data_cache(void) {
  register_write(CSSELR, 0);
  barrier();
  const uint32_t size = register_read(CCSIDR);
  const uint32_t ways = (size >> 3) & 0x3FFu, sets = (size >> 13) & 0x7FFFu, set_shift = (size & 7u) + 4;
  const uint32_t way_shift = ways ? (uint32_t)__builtin_clz(ways) : 0;
  for (uint32_t set = 0; set <= sets; ++set)
    for (uint32_t way = 0; way <= ways; ++way) register_write(DCCISW, way << way_shift | set << set_shift);
  barrier();
}

void memory_make_cold(void) {
  const uint32_t on = memory_flags();
  if (on & PROBE_DATA_CACHE) empty_data_cache();
  flash_make_cold();
  if (on & PROBE_INSTRUCTION_CACHE) register_write(ICIALLU, 0);
  barrier();
}
