#include "frame.h"

#include "plan.h"
#include "transport.h"

/* The longest: the cycles of as many regions as a plan has layers. */
enum {
  MAX_ANSWER_BYTES = PROBE_HEADER_BYTES + 4 * (PROBE_RUN_WORDS + PROBE_STATE_WORDS + PLAN_MAX_LAYERS) + PROBE_CRC_BYTES
};
enum { MAX_FAULT_BYTES = 64 };

static uint8_t received[PROBE_MAX_ENCODED_BYTES];
static uint8_t kept[MAX_ANSWER_BYTES + MAX_ANSWER_BYTES / 254 + 3]; /* as it was sent, with both zeros */
static size_t kept_bytes;
volatile uint16_t probe_current_sequence;

/* Bytes up to the next zero, runs of zeros skipped; what does not fit is counted and dropped. */
static uint32_t receive_encoded(void) {
  uint32_t count = 0;
  for (;;) {
    const uint8_t byte = transport_read();
    if (byte == 0 && count > 0) return count;
    if (byte == 0) continue;
    if (count < sizeof received) received[count] = byte;
    ++count;
  }
}

int frame_receive(probe_frame* frame) {
  const uint32_t encoded = receive_encoded();
  frame->payload_bytes = encoded;
  if (encoded > sizeof received) return 0;
  const size_t size = probe_cobs_decode(received, encoded);
  if (size < PROBE_HEADER_BYTES + PROBE_CRC_BYTES) return 0;
  const size_t body = size - PROBE_CRC_BYTES;
  if (probe_crc32(received, body) != probe_get_word(received + body)) return 0;
  frame->version = received[0];
  frame->type = received[1];
  frame->sequence = (uint16_t)(received[2] | received[3] << 8);
  frame->payload = received + PROBE_HEADER_BYTES;
  frame->payload_bytes = (uint32_t)(body - PROBE_HEADER_BYTES);
  return 1;
}

/* A frame in `to`, by way of `body`; returns its bytes. */
static size_t encode(uint8_t* to, uint8_t* body, uint8_t type, uint16_t sequence, const uint32_t* words,
                     uint32_t count) {
  body[0] = PROBE_PROTOCOL_VERSION;
  body[1] = type;
  body[2] = (uint8_t)sequence;
  body[3] = (uint8_t)(sequence >> 8);
  size_t size = PROBE_HEADER_BYTES;
  for (uint32_t i = 0; i < count; ++i, size += 4) probe_put_word(body + size, words[i]);
  probe_put_word(body + size, probe_crc32(body, size));
  size += PROBE_CRC_BYTES;
  to[0] = 0;
  const size_t end = 1 + probe_cobs_encode(body, size, to + 1);
  to[end] = 0;
  return end + 1;
}

void frame_send(uint8_t type, uint16_t sequence, const uint32_t* words, uint32_t count) {
  static uint8_t body[MAX_ANSWER_BYTES];
  kept_bytes = encode(kept, body, type, sequence, words, count);
  frame_send_again();
}

void frame_send_again(void) { transport_write(kept, kept_bytes); }

void frame_send_aside(uint8_t type, uint16_t sequence, const uint32_t* words, uint32_t count) {
  uint8_t body[MAX_FAULT_BYTES], frame[MAX_FAULT_BYTES + 3];
  transport_write(frame, encode(frame, body, type, sequence, words, count));
}
