/* A kernel library in which every kernel breaks something, to be linked into the probe firmware in place of the real
 * one. */
#include "deploy/kernels/thimble.h"

static void read_nowhere(const thimble_call* call) { *call->output = *(volatile int8_t*)0x30000000u; }

static void undefined_instruction(const thimble_call* call) {
  (void)call;
  __asm volatile("udf #0");
}

static void write_before_arena(const thimble_call* call) { call->output[-1] = 0; }

static void write_behind_arena(const thimble_call* call) {
  call->output[call->layer->scratch] = 0; /* the test puts the arena's size there */
}

/* Through a pointer that may change: the compiler makes no loop of the calls. */
static void use_stack_of(uint32_t depth, int8_t* output);
static void (*volatile use_more)(uint32_t depth, int8_t* output) = use_stack_of;

static void use_stack_of(uint32_t depth, int8_t* output) {
  volatile int8_t deep[1024];
  for (uint32_t i = 0; i < sizeof deep; ++i) deep[i] = 1;
  if (depth > 1) use_more(depth - 1, output);
  *output = deep[0];
}

static void use_stack(const thimble_call* call) { use_stack_of(call->layer->in_h, call->output); }

static void never_end(const thimble_call* call) {
  (void)call;
  for (;;) {
  }
}

static uint32_t no_scratch(const thimble_layer* layer) {
  (void)layer;
  return 0;
}

static const thimble_kernel_entry kernels[] = {
    {"read_nowhere", read_nowhere, no_scratch, NULL, NULL},
    {"undefined_instruction", undefined_instruction, no_scratch, NULL, NULL},
    {"write_before_arena", write_before_arena, no_scratch, NULL, NULL},
    {"write_behind_arena", write_behind_arena, no_scratch, NULL, NULL},
    {"use_stack", use_stack, no_scratch, NULL, NULL},
    {"never_end", never_end, no_scratch, NULL, NULL},
};

const thimble_kernel_entry* thimble_kernel_by_id(uint32_t id) {
  return id < sizeof kernels / sizeof kernels[0] ? &kernels[id] : NULL;
}

uint32_t thimble_ring_bytes(const thimble_layer* layer) {
  (void)layer;
  return 0;
}

/* Words 1 and 2 only: scratch and in_h. */
thimble_status thimble_layer_from_words(thimble_layer* layer, const uint32_t words[THIMBLE_LAYER_WORDS]) {
  *layer = (thimble_layer){0};
  layer->kernel = thimble_kernel_by_id(words[0])->kernel;
  layer->scratch = layer->scratch_bytes = words[1];
  layer->in_h = (uint16_t)words[2];
  return THIMBLE_OK;
}

thimble_status thimble_check_layer(uint32_t id, const thimble_layer* layer, uint32_t weight_bytes, const int8_t* arena,
                                   uint32_t arena_bytes) {
  (void)id, (void)layer, (void)weight_bytes, (void)arena, (void)arena_bytes;
  return THIMBLE_OK;
}

void thimble_run_layer(const thimble_layer* layer, int8_t* arena) {
  const thimble_call call = {.layer = layer, .output = arena, .count = 1};
  layer->kernel(&call);
}
