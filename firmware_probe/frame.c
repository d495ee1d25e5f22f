#include "frame.h"

#include "transport.h"

enum { MAX_ANSWER_BYTES = 64 };

static uint8_t received[PROBE_MAX_ENCODED_BYTES];
typedef struct {
  uint8_t bytes[MAX_ANSWER_BYTES + MAX_ANSWER_BYTES / 254 + 3]; /* with both zeros */
  size_t size;
} encoded_frame;
static encoded_frame kept;
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

static void encode(encoded_frame* frame, uint8_t type, uint16_t sequence, const uint32_t* words, uint32_t count) {
  uint8_t body[MAX_ANSWER_BYTES] = {PROBE_PROTOCOL_VERSION, type, (uint8_t)sequence, (uint8_t)(sequence >> 8)};
  size_t size = PROBE_HEADER_BYTES;
  for (uint32_t i = 0; i < count; ++i, size += 4) probe_put_word(body + size, words[i]);
  probe_put_word(body + size, probe_crc32(body, size));
  size += PROBE_CRC_BYTES;
  frame->bytes[0] = 0;
  frame->size = 1 + probe_cobs_encode(body, size, frame->bytes + 1);
  frame->bytes[frame->size++] = 0;
}

void frame_send(uint8_t type, uint16_t sequence, const uint32_t* words, uint32_t count) {
  encode(&kept, type, sequence, words, count);
  frame_send_again();
}

void frame_send_again(void) { transport_write(kept.bytes, kept.size); }

void frame_send_aside(uint8_t type, uint16_t sequence, const uint32_t* words, uint32_t count) {
  encoded_frame frame;
  encode(&frame, type, sequence, words, count);
  transport_write(frame.bytes, frame.size);
}
