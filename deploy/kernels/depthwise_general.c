#include "depthwise_general.h"

/* A row's sums. The assembly knows the order. */
typedef struct sums_task {
  int32_t bias;
  const int16_t* base; /* of the first output's window */
  const thimble_depthwise_tap *taps, *end;
  int32_t* sums;
  uint32_t groups;
  uint32_t stride; /* bytes */
} sums_task;

typedef struct context {
  const thimble_call* call;
  const uint32_t* block; /* of weights; its first channel's constants */
  uint32_t channel, lane;
  int16_t* rows;
  uint32_t slot;   /* halfwords */
  uint32_t mirror; /* halfwords from a slot to its copy */
  uint32_t groups;
  thimble_depthwise_tap *taps, *end;
  int32_t* sums;
} context;

#if THIMBLE_DSP

/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* 18 cycles for 12 products; r8, r9: weights for even and odd outputs. */
#define TAP_OF_SIX               \
  "ldm r12!, {r8-r10}\n"         \
  "add r10, r10, r11\n"          \
  "ldm r10, {r6, r7, r10}\n"     \
  "smlad r0, r6, r8, r0\n"       \
  "smlad r1, r6, r9, r1\n"       \
  "smlad r2, r7, r8, r2\n"       \
  "smlad r3, r7, r9, r3\n"       \
  "smlad r4, r10, r8, r4\n"      \
  "smlad r5, r10, r9, r5\n"

static __attribute__((naked)) void sums_of_sixes(sums_task* task) {
  (void)task;
  __asm__(
      "push {r0, r4-r11, lr}\n"
      "1:\n"
      "ldm r0, {r5, r11, r12, lr}\n"
      "mov r0, r5\n"
      "mov r1, r5\n"
      "mov r2, r5\n"
      "mov r3, r5\n"
      "mov r4, r5\n"
      "2:\n"
      TAP_OF_SIX
      TAP_OF_SIX
      "cmp r12, lr\n"
      "bne 2b\n"
      "ldr r6, [sp]\n"
      "add r11, r11, #12\n"
      "ldrd r7, r8, [r6, #16]\n"
      "str r11, [r6, #4]\n"
      "stm r7!, {r0-r5}\n"
      "mov r0, r6\n"
      "subs r8, r8, #1\n"
      "strd r7, r8, [r6, #16]\n"
      "bne 1b\n"
      "pop {r0, r4-r11, pc}\n");
}

/* 17 cycles for 8 products; r9: bytes from an output's window to the next one's. */
#define TAP_OF_FOUR              \
  "ldm r12!, {r7, r8, r10}\n"    \
  "add r10, r10, r11\n"          \
  "ldr r4, [r10]\n"              \
  "ldr r5, [r10, r9]\n"          \
  "ldr r6, [r10, r9, lsl #1]\n"  \
  "add r10, r10, r9\n"           \
  "smlad r0, r4, r7, r0\n"       \
  "ldr r10, [r10, r9, lsl #1]\n" \
  "smlad r1, r5, r7, r1\n"       \
  "smlad r2, r6, r7, r2\n"       \
  "smlad r3, r10, r7, r3\n"

static __attribute__((naked)) void sums_of_fours(sums_task* task) {
  (void)task;
  __asm__(
      "push {r0, r4-r11, lr}\n"
      "ldr r9, [r0, #24]\n"
      "1:\n"
      "ldm r0, {r3, r11, r12, lr}\n"
      "mov r0, r3\n"
      "mov r1, r3\n"
      "mov r2, r3\n"
      "2:\n"
      TAP_OF_FOUR
      TAP_OF_FOUR
      "cmp r12, lr\n"
      "bne 2b\n"
      "ldr r6, [sp]\n"
      "add r11, r11, r9, lsl #2\n"
      "ldrd r7, r8, [r6, #16]\n"
      "str r11, [r6, #4]\n"
      "stm r7!, {r0-r3}\n"
      "mov r0, r6\n"
      "subs r8, r8, #1\n"
      "strd r7, r8, [r6, #16]\n"
      "bne 1b\n"
      "pop {r0, r4-r11, pc}\n");
}

/* Pairs of inputs from here on; `to` is a word. 11 cycles for a pair. */
static inline int16_t* put_pairs(const context* c, int16_t* to, const int8_t* from, uint32_t pairs) {
  int16_t* copy = to + c->mirror;
  const uint32_t step = c->call->layer->in_c, zero = 0x00010001u * (uint16_t)c->call->layer->input_zero;
  uint32_t a, b;
  __asm__ volatile(
      "1:\n"
      "ldrsb %[a], [%[from]]\n"
      "ldrsb %[b], [%[from], %[step]]\n"
      "subs %[pairs], %[pairs], #1\n"
      "add %[from], %[from], %[step], lsl #1\n"
      "pkhbt %[a], %[a], %[b], lsl #16\n"
      "ssub16 %[a], %[a], %[zero]\n"
      "str %[a], [%[to]], #4\n"
      "str %[a], [%[copy]], #4\n"
      "bne 1b\n"
      : [from] "+r"(from), [to] "+r"(to), [copy] "+r"(copy), [pairs] "+r"(pairs), [a] "=&r"(a), [b] "=&r"(b)
      : [step] "r"(step), [zero] "r"(zero)
      : "memory", "cc");
  return to;
}
/* clang-format on */

#else

static int32_t low(uint32_t pair) { return (int16_t)pair; }
static int32_t high(uint32_t pair) { return (int16_t)(pair >> 16); }

static void all_sums(sums_task* task, uint32_t outputs) {
  const int16_t* window = task->base;
  for (; outputs != 0; --outputs, window += task->stride / 2) {
    int32_t sum = task->bias;
    for (const thimble_depthwise_tap* tap = task->taps; tap != task->end; ++tap) {
      const int16_t* const x = window + tap->offset / 2;
      sum += x[0] * low(tap->even) + x[1] * high(tap->even);
    }
    *task->sums++ = sum;
  }
}
static void sums_of_sixes(sums_task* task) { all_sums(task, 6 * task->groups); }
static void sums_of_fours(sums_task* task) { all_sums(task, 4 * task->groups); }

#endif

static int16_t* put(const context* c, int16_t* to, int32_t value) {
  to[0] = to[c->mirror] = (int16_t)value;
  return to + 1;
}

/* A row of inputs of one channel, NULL: padding, into its slot and the copy. */
static void fill_row(const context* c, const int8_t* from, int16_t* to) {
  const thimble_layer* const layer = c->call->layer;
  const int16_t* const end = to + (layer->out_w - 1u) * layer->stride_w + layer->kernel_w;
  const uint32_t step = layer->in_c;
  for (uint32_t i = layer->pad_left; i != 0; --i) to = put(c, to, 0);
  uint32_t left = (uint32_t)(end - to);
  left = from == NULL ? 0 : left < layer->in_w ? left : layer->in_w;
#if THIMBLE_DSP
  if (left != 0 && ((uintptr_t)to & 2u) != 0) {
    to = put(c, to, *from - layer->input_zero);
    from += step;
    --left;
  }
  if (left >= 2) {
    to = put_pairs(c, to, from, left / 2);
    from += (left & ~1u) * step;
    left &= 1u;
  }
#endif
  for (; left != 0; --left, from += step) to = put(c, to, *from - layer->input_zero);
  while (to < end) to = put(c, to, 0);
}

/* The taps of one channel, two by two; the last of an odd number meets zeros. */
static void set_taps(const context* c) {
  const thimble_layer* const layer = c->call->layer;
  const int8_t* weight = (const int8_t*)(c->block + THIMBLE_DEPTHWISE_CONSTANTS) + c->lane;
  thimble_depthwise_tap* tap = c->taps;
  for (uint32_t y = 0; y < layer->kernel_h; ++y) {
    int32_t before = 0;
    for (uint32_t x = 0; x <= layer->kernel_w; x += 2, ++tap, weight += 8) {
      const int32_t first = x < layer->kernel_w ? weight[0] : 0, second = x + 1 < layer->kernel_w ? weight[4] : 0;
      tap->even = (uint16_t)first | (uint32_t)second << 16;
      tap->odd = (uint16_t)before | (uint32_t)first << 16;
      tap->offset = 2 * (y * c->slot + x);
      before = second;
    }
    weight -= 4 * (2 * thimble_depthwise_taps_of_row(layer) - layer->kernel_w);
  }
  if (tap != c->end) tap->even = tap->odd = tap->offset = 0;
}

/* Requantises a row of sums. */
static void put_results(const context* c, int8_t* output) {
  const thimble_layer* const layer = c->call->layer;
  const uint32_t* const constants = c->block + c->lane;
  const int32_t *sum = c->sums, *const end = sum + layer->out_w;
  const uint32_t step = layer->out_c;
  if (layer->wide == THIMBLE_DEPTHWISE_GENERAL) {
    const thimble_channel channel = {(int32_t)constants[0], constants[8]};
    const thimble_scale scale = thimble_scale_of(&channel, 2 * layer->output_zero + 1, layer->relu);
    for (; sum != end; output += step) *output = thimble_saturate_s8(thimble_requantise(*sum++, &scale));
    return;
  }
  const int32_t multiplier = (int32_t)constants[0], addend = (int32_t)constants[4], nudge = layer->relu ? 0 : 128;
  const uint32_t shift = constants[8] & 31u, scale_bits = constants[8] >> 8 & 31u;
  for (; sum != end; output += step) {
    const int32_t high = thimble_high_mul((int32_t)((uint32_t)*sum << scale_bits), multiplier) + addend;
    *output = thimble_saturate_s8((high - (*sum++ >> 31 & nudge)) >> shift);
  }
}

static void run_channel(const context* c) {
  const thimble_call* const call = c->call;
  const thimble_layer* const layer = call->layer;
  const uint32_t kernel_h = layer->kernel_h, stride = layer->stride_h;
  const int32_t top = (int32_t)(call->first * stride) - layer->pad_top;
  int8_t* output = call->output + c->channel;
  uint32_t next = 0, slot = 0, first = 0, first_slot = 0; /* the row to fill, the window's first */
  set_taps(c);
  for (uint32_t left = call->count; left != 0; --left, output += (uint32_t)layer->out_w * layer->out_c) {
    for (; next < first + kernel_h; ++next) {
      const int8_t* const row = thimble_row(&call->input, top + (int32_t)next);
      fill_row(c, row == NULL ? NULL : row + c->channel, c->rows + slot * c->slot);
      slot = slot + 1 == kernel_h ? 0 : slot + 1;
    }
    sums_task task = {(int32_t)c->block[12 + c->lane],
                      c->rows + first_slot * c->slot,
                      c->taps,
                      c->end,
                      c->sums,
                      c->groups,
                      2u * layer->stride_w};
    (layer->stride_w == 1 ? sums_of_sixes : sums_of_fours)(&task);
    put_results(c, output);
    first += stride;
    first_slot += stride;
    while (first_slot >= kernel_h) first_slot -= kernel_h;
  }
}

uint32_t thimble_small_depthwise_s8_scratch(const thimble_layer* layer) {
  return thimble_round_up(thimble_depthwise_general_bytes(layer), 8);
}

void thimble_small_depthwise_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const uint32_t words = THIMBLE_DEPTHWISE_CONSTANTS + (uint32_t)layer->kernel_h * layer->kernel_w;
  const uint32_t sums = thimble_depthwise_sums(layer), group = thimble_depthwise_group(layer);
  context c;
  c.call = call;
  c.block = layer->weights;
  c.taps = call->scratch;
  c.end = c.taps + thimble_depthwise_taps(layer);
  c.sums = (int32_t*)(void*)c.end;
  c.rows = (int16_t*)(void*)(c.sums + sums);
  c.slot = thimble_depthwise_slot(layer);
  c.mirror = layer->kernel_h * c.slot;
  c.groups = 0;
  for (uint32_t i = 0; i < sums; i += group) ++c.groups;
  for (c.channel = 0; c.channel < layer->out_c; ++c.channel) {
    c.lane = c.channel & 3u;
    run_channel(&c);
    if (c.lane == 3) c.block += words;
  }
}
