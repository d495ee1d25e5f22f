#include "semihosting.h"

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_EXIT_EXTENDED = 0x20, OPEN_TO_WRITE = 4, STOPPED_BY_APPLICATION = 0x20026 };

static uint32_t semihosting_call(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

/* To the host's standard output: ":tt" opened to write. SYS_WRITE0 is shorter, but QEMU sends it to standard error. */
void semihosting_print(const char *text) {
  const uint32_t console[3] = {(uint32_t)(uintptr_t) ":tt", OPEN_TO_WRITE, 3};
  uint32_t block[3] = {semihosting_call(SYS_OPEN, console), (uint32_t)(uintptr_t)text, 0};
  while (text[block[2]] != 0) ++block[2];
  (void)semihosting_call(SYS_WRITE, block);
}

void semihosting_print_number(uint32_t value) {
  char digits[11];
  char *at = digits + sizeof digits;
  *--at = 0;
  do {
    *--at = (char)('0' + value % 10u);
    value /= 10u;
  } while (value != 0);
  semihosting_print(at);
}

void semihosting_exit(uint32_t code) {
  const uint32_t block[2] = {STOPPED_BY_APPLICATION, code};
  (void)semihosting_call(SYS_EXIT_EXTENDED, block);
  for (;;) {
  }
}
