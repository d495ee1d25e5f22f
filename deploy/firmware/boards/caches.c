/* The caches of a Cortex-M7 (ARMv7-M manual, sections B2.2 and B4.8): emptied, for they hold anything after power-on, then
 * switched on. A core without them says so in CLIDR and is left alone. */
#include "stm32.h"

void thimble_caches_start(void);

enum { CCR = 0xE000ED14, CLIDR = 0xE000ED78, CCSIDR = 0xE000ED80, CSSELR = 0xE000ED84, ICIALLU = 0xE000EF50, DCISW = 0xE000EF60 };
enum { DATA_CACHE_ON = 1 << 16, INSTRUCTION_CACHE_ON = 1 << 17 };

static void barrier(void) {
#if defined(__arm__)
  __asm volatile("dsb\n\tisb" ::: "memory");
#endif
}

/* The way's number stands in the topmost bits, however many there are. */
static void empty_data_cache(void) {
  register_write(CSSELR, 0);
  barrier();
  const uint32_t size = register_read(CCSIDR);
  const uint32_t ways = (size >> 3) & 0x3FF, sets = (size >> 13) & 0x7FFF, set_shift = (size & 7) + 4;
  const uint32_t way_shift = ways ? (uint32_t)__builtin_clz(ways) : 0;
  for (uint32_t set = 0; set <= sets; ++set)
    for (uint32_t way = 0; way <= ways; ++way) register_write(DCISW, way << way_shift | set << set_shift);
  barrier();
}

void thimble_caches_start(void) {
  const uint32_t kind = register_read(CLIDR) & 7u;
  if (kind & 1u) {
    register_write(ICIALLU, 0);
    barrier();
    register_change(CCR, 0, INSTRUCTION_CACHE_ON);
    barrier();
  }
  if ((kind & 2u) && !(register_read(CCR) & DATA_CACHE_ON)) {
    empty_data_cache();
    register_change(CCR, 0, DATA_CACHE_ON);
    barrier();
  }
}
