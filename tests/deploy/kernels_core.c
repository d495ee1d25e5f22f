/* Runs the records that lie in the image and says over semihosting which one fails: exit code 0 if none does. */
#include "tests/deploy/kernels_case.h"

extern const uint32_t kernels_records[], kernels_records_end[];
extern uint32_t kernels_stack_top[];

static int8_t arena[1 << 20] __attribute__((aligned(8)));

static uint32_t semihosting(uint32_t operation, const void* argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static void print_number(uint32_t value) {
  char text[12], *to = text + 11;
  *to = 0;
  do {
    uint32_t tenth = 0, rest = value;
    while (rest >= 10) rest -= 10, ++tenth;
    *--to = (char)('0' + rest);
    value = tenth;
  } while (value != 0);
  semihosting(4, to);
}

static void leave(uint32_t code) {
  const uint32_t arguments[2] = {0x20026, code};
  semihosting(0x20, arguments);
  for (;;) {
  }
}

static void fail(const kernels_case* record, uint32_t index, kernels_verdict verdict) {
  semihosting(4, "record ");
  print_number(index);
  semihosting(4, ": ");
  semihosting(4, thimble_kernel_by_id(record->layer[0])->name);
  semihosting(4, ", verdict ");
  print_number(verdict);
  semihosting(4, "\n");
}

/* The stack below here is painted, so that its use can be told. */
static uint32_t stack_used(uint32_t* low, const uint32_t* high) {
  while (low < high && *low == 0x5a5a5a5au) ++low;
  return (uint32_t)((const char*)high - (const char*)low);
}

void kernels_main(void) {
  uint32_t index = 0, failures = 0, deepest = 0;
  for (const uint32_t* at = kernels_records; at < kernels_records_end; ++index) {
    const kernels_case* const record = (const kernels_case*)at;
    uint32_t *const high = (uint32_t*)__builtin_frame_address(0) - 64, *const low = high - 512;
    for (uint32_t* word = low; word < high; ++word) *(volatile uint32_t*)word = 0x5a5a5a5au;
    const kernels_verdict verdict = kernels_check(record, arena);
    const uint32_t used = stack_used(low, high) + 256;
    if (used > deepest) deepest = used;
    if (verdict != KERNELS_SAME) {
      fail(record, index, verdict);
      ++failures;
    }
    at += kernels_case_words(record);
  }
  print_number(index);
  semihosting(4, " records, stack of ");
  print_number(deepest);
  semihosting(4, " bytes\n");
  leave(index == 0 || failures != 0 || deepest > THIMBLE_STACK_BYTES);
}

/* The compiler may use the floating-point unit's registers in any function, so it is on before the first. */
__attribute__((naked)) void kernels_reset(void) {
#if defined(__ARM_FP)
  __asm__ volatile(
      "movw r0, #0xED88\n\t"
      "movt r0, #0xE000\n\t"
      "ldr r1, [r0]\n\t"
      "orr r1, r1, #0xF00000\n\t"
      "str r1, [r0]\n\t"
      "dsb\n\t"
      "isb");
#endif
  __asm__ volatile("b kernels_main");
}

static void fault(void) {
  semihosting(4, "fault\n");
  leave(3);
}

__attribute__((section(".vectors"), used)) static const void* const vectors[16] = {
    kernels_stack_top, kernels_reset, fault, fault, fault, fault, fault,
};

__asm__(
    ".section .records,\"a\"\n.balign 8\n.global kernels_records\nkernels_records:\n.incbin \"kernels_records.bin\"\n"
    ".global kernels_records_end\nkernels_records_end:\n.text\n");
