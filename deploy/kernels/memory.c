#include "mve.h"

#if THIMBLE_MVE

void thimble_copy(int8_t* to, const int8_t* from, uint32_t count) { thimble_mve_copy(to, from, count); }
void thimble_fill(int8_t* to, int8_t value, uint32_t count) { thimble_mve_fill(to, value, count); }

#else

void thimble_copy(int8_t* to, const int8_t* from, uint32_t count) {
  for (; count >= 8; count -= 8, to += 8, from += 8) {
    const uint32_t first = *(const thimble_unaligned_word*)from;
    const uint32_t second = *(const thimble_unaligned_word*)(from + 4);
    *(thimble_unaligned_word*)to = first;
    *(thimble_unaligned_word*)(to + 4) = second;
  }
  for (; count != 0; --count) *to++ = *from++;
}

void thimble_fill(int8_t* to, int8_t value, uint32_t count) {
  const uint32_t word = 0x01010101u * (uint8_t)value;
  for (; count >= 4; count -= 4, to += 4) *(thimble_unaligned_word*)to = word;
  for (; count != 0; --count) *to++ = value;
}

#endif
