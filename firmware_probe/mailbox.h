/* Two boxes of bytes in the RAM, through which a debug probe talks to the firmware while the core runs. One header for
 * both sides: C11 and C++.
 *
 * The sender fills the bytes first and then says how many they are; the receiver empties the box by writing 0 there.
 * The firmware starts anew with both boxes empty and the magic set last, so that a debugger sees when it is ready.
 * Whatever is lost or torn on the way, the frames' checksums find it, and the profiler asks again.
 */
#ifndef THIMBLE_PROBE_MAILBOX_H
#define THIMBLE_PROBE_MAILBOX_H

#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PROBE_MAILBOX_MAGIC = 0x584F424D, PROBE_BOX_BYTES = (PROBE_MAX_ENCODED_BYTES + 2 + 3) / 4 * 4 };

typedef struct probe_box {
  uint32_t count;
  uint8_t bytes[PROBE_BOX_BYTES];
} probe_box;

typedef struct probe_mailbox {
  uint32_t magic;
  uint32_t starts; /* counts the firmware's starts: a reset in mid-run shows */
  probe_box to_probe, from_probe;
} probe_mailbox;

#ifdef __cplusplus
}
#endif
#endif
