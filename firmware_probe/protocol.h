/* What the probe firmware and the profiler say to each other. One header for both sides: C11 and C++.
 *
 * A frame on the wire:  0x00  COBS(version, type, sequence lo, sequence hi, payload, crc32 of all before)  0x00
 * COBS (Cheshire and Baker 1999) keeps zero bytes out of a frame, so a zero always ends one: after garbage, truncation
 * or a lost byte both sides are in step again at the next frame. Words are 32 bits, little-endian.
 *
 * The profiler asks, the probe answers with the same sequence number, one request at a time. A request that comes twice
 * (its answer was lost) is answered twice and done once.
 */
#ifndef THIMBLE_PROBE_PROTOCOL_H
#define THIMBLE_PROBE_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include "deploy/kernels/thimble.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  PROBE_PROTOCOL_VERSION = 4,
  PROBE_HEADER_BYTES = 4,
  PROBE_CRC_BYTES = 4,
  PROBE_MAX_PAYLOAD_BYTES = 4096,
  PROBE_MAX_BODY_BYTES = PROBE_HEADER_BYTES + PROBE_MAX_PAYLOAD_BYTES + PROBE_CRC_BYTES,
  /* COBS adds a byte per 254, and one; the two zeros are not in it. */
  PROBE_MAX_ENCODED_BYTES = PROBE_MAX_BODY_BYTES + PROBE_MAX_BODY_BYTES / 254 + 1,
};

enum probe_type {
  /* Requests, and their payload in words. An answer has PROBE_ANSWER added to the type. */
  PROBE_HELLO = 1,  /* nothing -> enum probe_hello_word; forgets the plan, begins a session */
  PROBE_PLAN = 2,   /* arena bytes, layers -> nothing; the layers follow */
  PROBE_LAYERS = 3, /* index of the first, then varints, PROBE_LAYER_WORDS a layer -> nothing */
  PROBE_RUN = 4,    /* enum probe_request_word -> enum probe_run_word */
  PROBE_ANSWER = 0x80,
  PROBE_ERROR = 0xfe, /* enum probe_error, enum probe_error_word */
  PROBE_FAULT = 0xff, /* enum probe_fault_word; the probe restarts after it */
};

enum probe_mode {
  PROBE_TOTAL = 0,     /* `runs` inferences, each a timed region */
  PROBE_PER_LAYER = 1, /* one inference, each layer a timed region */
};

/* How the caches are before a timed region. Without caches the two are one, and nothing is done for either. */
enum probe_cache {
  PROBE_WARM = 0, /* a run that is not timed goes before the others */
  PROBE_COLD = 1, /* emptied before each */
};

enum probe_request_word {
  PROBE_REQUEST_MODE, /* enum probe_mode */
  PROBE_REQUEST_RUNS,
  PROBE_REQUEST_MOST_CYCLES, /* of a region; 0: any */
  PROBE_REQUEST_CACHE,       /* enum probe_cache */
  PROBE_REQUEST_WORDS
};

/* What a number depends on besides plan and firmware: the board's registers, as they are when it is answered. */
enum probe_state_word {
  PROBE_STATE_CPUID,
  PROBE_STATE_CLOCK_HZ,    /* that the start-up reached; 0: nobody knows */
  PROBE_STATE_CLOCK,       /* enum probe_clock */
  PROBE_STATE_WAIT_STATES, /* of the flash */
  PROBE_STATE_MEMORY,      /* enum probe_memory */
  PROBE_STATE_WORDS
};

enum probe_clock {
  PROBE_CLOCK_NONE = 0,     /* nobody set one: the cycle model of a virtual board knows no time */
  PROBE_CLOCK_AT_RESET = 1, /* the oscillator that the chip starts with: the full speed was not reached */
  PROBE_CLOCK_INTERNAL = 2, /* full speed from an oscillator of the chip */
  PROBE_CLOCK_EXTERNAL = 3, /* full speed from a crystal, or a clock from outside */
};

/* Bits: what is on. */
enum probe_memory {
  PROBE_INSTRUCTION_CACHE = 1, /* the core's */
  PROBE_DATA_CACHE = 2,
  PROBE_FLASH_INSTRUCTION_CACHE = 4, /* the flash's: ST's ART */
  PROBE_FLASH_DATA_CACHE = 8,
  PROBE_FLASH_PREFETCH = 16,
  PROBE_CACHES = 15, /* all but the prefetch, which holds nothing for long */
};

/* Of the answer to PROBE_HELLO; enum probe_state_word follows. */
enum probe_hello_word {
  PROBE_HELLO_FIRMWARE_CRC,    /* crc32 of the code and constants that the core runs, the section .text */
  PROBE_HELLO_LIBRARY_VERSION, /* of the kernel library */
  PROBE_HELLO_ARENA_BYTES,     /* capacities */
  PROBE_HELLO_WINDOW_BYTES,    /* weights of one layer, at most */
  PROBE_HELLO_MAX_LAYERS,
  PROBE_HELLO_STACK_BYTES,
  PROBE_HELLO_TIMER, /* enum probe_timer */
  PROBE_HELLO_WORDS
};

/* Of the answer to PROBE_RUN; enum probe_state_word follows, and with a timer the cycles of each region. */
enum probe_run_word {
  PROBE_RUN_REGIONS,     /* timed regions that were run */
  PROBE_RUN_STACK_BYTES, /* the most that thimble_run used below its caller's frame */
  PROBE_RUN_WORDS
};

/* What counts the cycles. */
enum probe_timer {
  PROBE_TIMER_NONE = 0, /* not the firmware: the cycle model of a virtual board */
  PROBE_TIMER_DWT = 1,
  PROBE_TIMER_SYSTICK = 2,
};

enum probe_error {
  PROBE_BAD_FRAME = 1,       /* checksum or coding; `detail` = bytes received */
  PROBE_WRONG_VERSION,       /* `detail` = the probe's version */
  PROBE_UNKNOWN_REQUEST,     /* `detail` = its type */
  PROBE_BAD_LENGTH,          /* `detail` = the payload's bytes */
  PROBE_TOO_MANY_LAYERS,     /* `detail` = the most */
  PROBE_LAYERS_OUT_OF_ORDER, /* `detail` = the index that was due */
  PROBE_PLAN_INCOMPLETE,     /* `detail` = layers received */
  PROBE_ARENA_TOO_LARGE,     /* `detail` = bytes there are */
  PROBE_UNKNOWN_KERNEL,      /* `layer`, `detail` = its number */
  PROBE_WEIGHTS_TOO_LARGE,   /* `layer`, `detail` = the size it needs */
  PROBE_BAD_LAYER,           /* thimble_prepare refused; `detail` = its status */
  PROBE_BAD_MODE,            /* `detail` = mode */
  PROBE_TOO_MANY_REGIONS,    /* `detail` = the most */
  PROBE_ARENA_OVERRUN,       /* a kernel wrote outside the arena; `detail` = bytes before (1) or behind (2) it */
  PROBE_STACK_OVERFLOW,      /* `detail` = bytes of stack there are */
  PROBE_BAD_CACHE,           /* `detail` = what was asked for */
};

enum probe_error_word { PROBE_ERROR_CODE, PROBE_ERROR_LAYER, PROBE_ERROR_DETAIL, PROBE_ERROR_WORDS };

enum probe_fault_word {
  PROBE_FAULT_EXCEPTION, /* number of the exception: 3 hard fault, 4 memory, 5 bus, 6 usage; 15: a region took too long
                          */
  PROBE_FAULT_CFSR,      /* configurable fault status */
  PROBE_FAULT_HFSR,
  PROBE_FAULT_ADDRESS, /* that was accessed; valid where CFSR says so */
  PROBE_FAULT_PC,
  PROBE_FAULT_LR,
  PROBE_FAULT_WORDS
};

/* The words of thimble_layer_to_words (deploy/kernels/thimble.h), then the bytes of the layer's packed weights. */
#define PROBE_LAYER_WORDS (THIMBLE_LAYER_WORDS + 1u)

/* SysTick's number, which ends a region that takes too long. */
#define PROBE_EXCEPTION_TICK 15u

#define PROBE_NO_LAYER 0xffffffffu

/* IEEE CRC-32 (zlib's), four bits at a time. */
static inline uint32_t probe_crc32(const uint8_t* bytes, size_t size) {
  static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                     0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                     0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < size; ++i) {
    crc = table[(crc ^ bytes[i]) & 15u] ^ (crc >> 4);
    crc = table[(crc ^ (uint32_t)(bytes[i] >> 4)) & 15u] ^ (crc >> 4);
  }
  return ~crc;
}

static inline void probe_put_word(uint8_t* to, uint32_t word) {
  for (int i = 0; i < 4; ++i) to[i] = (uint8_t)(word >> (8 * i));
}

static inline uint32_t probe_get_word(const uint8_t* from) {
  return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

/* A word as a varint: seven bits a byte, lowest first, the top bit where more follow; small negative numbers are as
 * short as small positive ones. `to` takes 5 bytes. Returns the bytes written. */
static inline size_t probe_put_varint(uint8_t* to, uint32_t word) {
  uint32_t rest = (word << 1) ^ (0u - (word >> 31));
  size_t size = 0;
  for (; rest >= 0x80; rest >>= 7) to[size++] = (uint8_t)(rest | 0x80);
  to[size++] = (uint8_t)rest;
  return size;
}

/* Returns the bytes read of the `size` there are, or 0 where they do not hold a whole varint. */
static inline size_t probe_get_varint(const uint8_t* from, size_t size, uint32_t* word) {
  uint32_t value = 0;
  for (size_t i = 0; i < size && i < 5; ++i) {
    value |= (uint32_t)(from[i] & 0x7f) << (7 * i);
    if (from[i] & 0x80) continue;
    *word = (value >> 1) ^ (0u - (value & 1));
    return i + 1;
  }
  return 0;
}

/* `to` takes size + size / 254 + 1 bytes. Returns the bytes written; none of them is zero. */
static inline size_t probe_cobs_encode(const uint8_t* from, size_t size, uint8_t* to) {
  size_t code_at = 0, out = 1;
  uint8_t code = 1;
  for (size_t i = 0; i < size; ++i) {
    if (from[i] != 0) {
      to[out++] = from[i];
      ++code;
    }
    if (from[i] == 0 || code == 0xff) {
      to[code_at] = code;
      code_at = out++;
      code = 1;
    }
  }
  to[code_at] = code;
  return out;
}

/* In place. Returns the bytes decoded, or 0 where the coding is broken. */
static inline size_t probe_cobs_decode(uint8_t* bytes, size_t size) {
  size_t in = 0, out = 0;
  while (in < size) {
    const uint8_t code = bytes[in++];
    if (code == 0 || in + code - 1 > size) return 0;
    for (uint8_t i = 1; i < code; ++i) bytes[out++] = bytes[in++];
    if (code != 0xff && in < size) bytes[out++] = 0;
  }
  return out;
}

#ifdef __cplusplus
}
#endif
#endif
