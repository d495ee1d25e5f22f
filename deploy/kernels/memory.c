#include "mve.h"

#if THIMBLE_MVE

void thimble_copy(int8_t* to, const int8_t* from, uint32_t count) {
  __asm__ volatile(
      "wlstp.8 lr, %[count], 1f\n"
      "2:\n"
      "vldrb.8 q0, [%[from]], #16\n"
      "vstrb.8 q0, [%[to]], #16\n"
      "letp lr, 2b\n"
      "1:\n"
      : [to] "+r"(to), [from] "+r"(from)
      : [count] "r"(count)
      : "lr", "q0", "memory");
}

void thimble_fill(int8_t* to, int8_t value, uint32_t count) {
  __asm__ volatile(
      "vdup.8 q0, %[value]\n"
      "wlstp.8 lr, %[count], 1f\n"
      "2:\n"
      "vstrb.8 q0, [%[to]], #16\n"
      "letp lr, 2b\n"
      "1:\n"
      : [to] "+r"(to)
      : [count] "r"(count), [value] "r"((int32_t)value)
      : "lr", "q0", "memory");
}

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
