/* The probe's main loop: one request, one answer. */
#include "core.h"
#include "frame.h"
#include "memory.h"
#include "plan.h"
#include "stack.h"
#include "timer.h"
#include "transport.h"

extern uint8_t thimble_image_start[], thimble_image_end[];

/* The request that was done last; one that comes again with this number is answered again and not done. */
static int32_t done_sequence = -1;
static uint8_t done_type;

static uint32_t word_at(const probe_frame* request, uint32_t index) {
  return probe_get_word(request->payload + 4 * index);
}

static void answer_error(uint16_t sequence, plan_outcome outcome) {
  const uint32_t words[PROBE_ERROR_WORDS] = {outcome.error, outcome.layer, outcome.detail};
  frame_send(PROBE_ERROR, sequence, words, PROBE_ERROR_WORDS);
}

/* What came is no request of ours: nothing was done, and the last answer stays the last. */
static void refuse(uint16_t sequence, uint32_t error, uint32_t detail) {
  const uint32_t words[PROBE_ERROR_WORDS] = {error, PROBE_NO_LAYER, detail};
  frame_send_aside(PROBE_ERROR, sequence, words, PROBE_ERROR_WORDS);
}

static void answer_outcome(const probe_frame* request, plan_outcome outcome) {
  if (outcome.error)
    answer_error(request->sequence, outcome);
  else
    frame_send(request->type + PROBE_ANSWER, request->sequence, 0, 0);
}

static void put_state(uint32_t words[PROBE_STATE_WORDS]) {
  words[PROBE_STATE_CPUID] = core_id();
  words[PROBE_STATE_CLOCK_HZ] = core_hz();
  words[PROBE_STATE_CLOCK] = core_clock();
  words[PROBE_STATE_WAIT_STATES] = memory_wait_states();
  words[PROBE_STATE_MEMORY] = memory_flags();
}

static void answer_hello(const probe_frame* request) {
  uint32_t words[PROBE_HELLO_WORDS + PROBE_STATE_WORDS];
  words[PROBE_HELLO_FIRMWARE_CRC] = probe_crc32(thimble_image_start, (size_t)(thimble_image_end - thimble_image_start));
  words[PROBE_HELLO_LIBRARY_VERSION] = THIMBLE_KERNELS_VERSION;
  words[PROBE_HELLO_ARENA_BYTES] = plan_arena_capacity();
  words[PROBE_HELLO_WINDOW_BYTES] = plan_window_capacity();
  words[PROBE_HELLO_MAX_LAYERS] = PLAN_MAX_LAYERS;
  words[PROBE_HELLO_STACK_BYTES] = stack_capacity();
  words[PROBE_HELLO_TIMER] = timer_kind();
  put_state(words + PROBE_HELLO_WORDS);
  plan_begin(0, 0);
  frame_send(PROBE_HELLO + PROBE_ANSWER, request->sequence, words, PROBE_HELLO_WORDS + PROBE_STATE_WORDS);
}

/* Reads one layer at `*at` and moves it on; 0: the payload ends in the middle of it. */
static int read_layer(const probe_frame* request, uint32_t* at, uint32_t words[PROBE_LAYER_WORDS]) {
  for (uint32_t i = 0; i < PROBE_LAYER_WORDS; ++i) {
    const size_t size = probe_get_varint(request->payload + *at, request->payload_bytes - *at, &words[i]);
    if (size == 0) return 0;
    *at += (uint32_t)size;
  }
  return 1;
}

static void answer_layers(const probe_frame* request) {
  plan_outcome outcome = {0, 0, 0};
  uint32_t index = word_at(request, 0), words[PROBE_LAYER_WORDS];
  for (uint32_t at = 4; at < request->payload_bytes && !outcome.error; ++index) {
    if (read_layer(request, &at, words))
      outcome = plan_add_layer(index, words);
    else
      outcome = (plan_outcome){PROBE_BAD_LENGTH, index, request->payload_bytes};
  }
  answer_outcome(request, outcome);
}

static void answer_run(const probe_frame* request) {
  static plan_report report;
  static uint32_t words[PROBE_RUN_WORDS + PROBE_STATE_WORDS + PLAN_MAX_LAYERS];
  timer_limit(word_at(request, PROBE_REQUEST_MOST_CYCLES));
  const plan_outcome outcome = plan_run(word_at(request, PROBE_REQUEST_MODE), word_at(request, PROBE_REQUEST_CACHE),
                                        word_at(request, PROBE_REQUEST_RUNS), &report);
  if (outcome.error) {
    answer_error(request->sequence, outcome);
    return;
  }
  words[PROBE_RUN_REGIONS] = report.regions;
  words[PROBE_RUN_STACK_BYTES] = report.stack_bytes;
  const uint32_t timed = timer_kind() != PROBE_TIMER_NONE ? report.regions : 0;
  put_state(words + PROBE_RUN_WORDS);
  uint32_t count = PROBE_RUN_WORDS + PROBE_STATE_WORDS;
  for (uint32_t i = 0; i < timed; ++i) words[count++] = report.cycles[i];
  frame_send(PROBE_RUN + PROBE_ANSWER, request->sequence, words, count);
}

static int length_fits(const probe_frame* request) {
  const uint32_t bytes = request->payload_bytes;
  switch (request->type) {
    case PROBE_HELLO:
      return bytes == 0;
    case PROBE_PLAN:
      return bytes == 8;
    case PROBE_RUN:
      return bytes == 4 * PROBE_REQUEST_WORDS;
    case PROBE_LAYERS:
      return bytes > 4;
    default:
      return 1;
  }
}

static void answer(const probe_frame* request) {
  if (!length_fits(request)) {
    answer_error(request->sequence, (plan_outcome){PROBE_BAD_LENGTH, PROBE_NO_LAYER, request->payload_bytes});
    return;
  }
  switch (request->type) {
    case PROBE_HELLO:
      answer_hello(request);
      break;
    case PROBE_PLAN:
      answer_outcome(request, plan_begin(word_at(request, 0), word_at(request, 1)));
      break;
    case PROBE_LAYERS:
      answer_layers(request);
      break;
    case PROBE_RUN:
      answer_run(request);
      break;
    default:
      answer_error(request->sequence, (plan_outcome){PROBE_UNKNOWN_REQUEST, PROBE_NO_LAYER, request->type});
  }
}

static void serve(const probe_frame* request) {
  if (request->version != PROBE_PROTOCOL_VERSION) {
    refuse(request->sequence, PROBE_WRONG_VERSION, PROBE_PROTOCOL_VERSION);
    return;
  }
  const int again = request->type != PROBE_HELLO && request->sequence == done_sequence && request->type == done_type;
  if (again) {
    frame_send_again();
    return;
  }
  probe_current_sequence = request->sequence;
  answer(request);
  done_sequence = request->sequence;
  done_type = request->type;
}

int main(void) {
  timer_open();
  transport_open();
  for (;;) {
    probe_frame request;
    if (frame_receive(&request))
      serve(&request);
    else
      refuse(0, PROBE_BAD_FRAME, request.payload_bytes);
  }
}
