/* Bytes through the RAM, for a debug probe. */
#include "channel.h"
#include "core.h"
#include "mailbox.h"

/* The linker puts it at the start of the RAM; it keeps what it held over a reset. */
__attribute__((section(".mailbox"))) volatile probe_mailbox thimble_mailbox;

static uint32_t taken; /* bytes of to_probe */

/* The order in which the other side sees writes. */
static void publish(volatile uint32_t* word, uint32_t value) {
  __asm volatile("dmb" ::: "memory");
  *word = value;
  __asm volatile("dmb" ::: "memory");
}

void mailbox_open(void) {
  const uint32_t starts = thimble_mailbox.magic == PROBE_MAILBOX_MAGIC ? thimble_mailbox.starts + 1 : 1;
  publish(&thimble_mailbox.magic, 0);
  thimble_mailbox.to_probe.count = thimble_mailbox.from_probe.count = 0;
  thimble_mailbox.starts = starts;
  publish(&thimble_mailbox.magic, PROBE_MAILBOX_MAGIC);
}

int mailbox_take(uint8_t* byte) {
  volatile probe_box* const box = &thimble_mailbox.to_probe;
  const uint32_t count = box->count < PROBE_BOX_BYTES ? box->count : PROBE_BOX_BYTES;
  if (taken < count) {
    *byte = box->bytes[taken++];
    return 1;
  }
  if (count != 0) {
    taken = 0;
    publish(&box->count, 0);
  }
  return 0;
}

void mailbox_send(const uint8_t* bytes, size_t size) {
  volatile probe_box* const box = &thimble_mailbox.from_probe;
  publish(&box->count, 0); /* an answer that nobody fetched is an old one */
  for (size_t i = 0; i < size && i < PROBE_BOX_BYTES; ++i) box->bytes[i] = bytes[i];
  publish(&box->count, (uint32_t)size);
}

/* Some seconds at most: a round takes about ten cycles. */
void mailbox_drain(void) {
  for (uint32_t left = core_hz() / 4u; left > 0 && thimble_mailbox.from_probe.count != 0; --left) {
  }
}
