/* Frames over the transport. */
#ifndef THIMBLE_PROBE_FRAME_H
#define THIMBLE_PROBE_FRAME_H

#include "protocol.h"

typedef struct {
  uint8_t version, type;
  uint16_t sequence;
  const uint8_t* payload;
  uint32_t payload_bytes;
} probe_frame;

/* Of the request in work; a fault report carries it. */
extern volatile uint16_t probe_current_sequence;

/* Waits for the next frame. 0: it is broken, and only payload_bytes (the bytes received) is set. */
int frame_receive(probe_frame* frame);
void frame_send(uint8_t type, uint16_t sequence, const uint32_t* words, uint32_t count);
/* The frame that was sent last by frame_send, once more. */
void frame_send_again(void);
/* Sends a frame that frame_send_again does not know of: about a request that was not understood. */
void frame_send_aside(uint8_t type, uint16_t sequence, const uint32_t* words, uint32_t count);

#endif
