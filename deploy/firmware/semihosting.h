/* Words to the debugger or emulator: ARM semihosting, as QEMU and OpenOCD offer it. */
#ifndef THIMBLE_SEMIHOSTING_H
#define THIMBLE_SEMIHOSTING_H

#include <stdint.h>

void semihosting_print(const char *text);
void semihosting_print_number(uint32_t value);
/* Ends the emulation with this exit code; does not return. */
void semihosting_exit(uint32_t code);

#endif
