#include "depthwise_general.h"

/* The sums of some rows. The assembly knows the order. */
typedef struct sums_task {
  int32_t bias;
  const int16_t* base; /* of the first output's window */
  const thimble_depthwise_tap *taps, *end;
  int32_t* sums;
  uint32_t groups, rows; /* groups of the row, rows; what is left of them */
  uint32_t row_groups;
  int32_t gap;     /* bytes from a row's last group to the next row */
  uint32_t stride; /* bytes */
  uint32_t spare;  /* bytes of sums behind a row's last output */
} sums_task;

typedef struct context {
  const thimble_call* call;
  const uint32_t* block; /* of weights; its first channel's constants */
  uint32_t channel, lane;
  uint32_t inside; /* inputs of a row that windows reach */
  int16_t* rows;
  uint32_t slot; /* halfwords */
  uint32_t band, groups, row_sums;
  thimble_depthwise_tap *taps, *end;
  int32_t* sums;
  int threes; /* taps are rows of three weights */
} context;

/* Of one channel. */
typedef struct requantiser {
  int32_t multiplier, addend, nudge;
  uint32_t shift, scale_bits, step; /* bytes from an output to the next */
} requantiser;

#if THIMBLE_DSP

/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* r6: the task, r7: sums, r8: groups, r11: base. */
#define NEXT_GROUP               \
  "subs r8, r8, #1\n"            \
  "bne 3f\n"                     \
  "ldr r9, [r6, #24]\n"          \
  "ldrd r8, r10, [r6, #28]\n"    \
  "ldr r0, [r6, #40]\n"          \
  "subs r9, r9, #1\n"            \
  "beq 4f\n"                     \
  "add r11, r11, r10\n"          \
  "subs r7, r7, r0\n"            \
  "str r9, [r6, #24]\n"          \
  "3:\n"                         \
  "str r11, [r6, #4]\n"          \
  "strd r7, r8, [r6, #16]\n"     \
  "mov r0, r6\n"                 \
  "b 1b\n"                       \
  "4:\n"                         \
  "pop {r0, r4-r11, pc}\n"

/* 18 cycles for 12 products; r8, r9: weights for even and odd outputs. */
#define TAP_OF_SIX(between)      \
  "ldm r12!, {r8-r10}\n"         \
  "add r10, r10, r11\n"          \
  between                        \
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
      TAP_OF_SIX("")
      TAP_OF_SIX("cmp r12, lr\n")
      "bne 2b\n"
      "ldr r6, [sp]\n"
      "add r11, r11, #12\n"
      "ldrd r7, r8, [r6, #16]\n"
      "stm r7!, {r0-r5}\n"
      NEXT_GROUP);
}

/* 17 cycles for 8 products; r9: bytes from an output's window to the next one's. */
#define TAP_OF_FOUR(between)     \
  "ldm r12!, {r7, r8, r10}\n"    \
  "add r10, r10, r11\n"          \
  between                        \
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
      "1:\n"
      "ldr r9, [r0, #36]\n"
      "ldm r0, {r3, r11, r12, lr}\n"
      "mov r0, r3\n"
      "mov r1, r3\n"
      "mov r2, r3\n"
      "2:\n"
      TAP_OF_FOUR("")
      TAP_OF_FOUR("cmp r12, lr\n")
      "bne 2b\n"
      "ldr r6, [sp]\n"
      "add r11, r11, r9, lsl #2\n"
      "ldrd r7, r8, [r6, #16]\n"
      "stm r7!, {r0-r3}\n"
      NEXT_GROUP);
}

/* Windows of three columns, whose taps are rows: r8, r9: weights 0, 1 and 1, 2. 27 cycles for six outputs. */
static __attribute__((naked)) void sixes_of_threes(sums_task* task) {
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
      "ldm r12!, {r8-r10}\n"
      "add r10, r10, r11\n"
      "cmp r12, lr\n"
      "ldr r6, [r10]\n"
      "ldr r7, [r10, #4]\n"
      "smlad r0, r6, r8, r0\n"
      "smlatb r1, r6, r8, r1\n"
      "smlabt r0, r7, r9, r0\n"
      "smlad r1, r7, r9, r1\n"
      "smlad r2, r7, r8, r2\n"
      "smlatb r3, r7, r8, r3\n"
      "ldr r6, [r10, #8]\n"
      "ldr r10, [r10, #12]\n"
      "smlabt r2, r6, r9, r2\n"
      "smlad r3, r6, r9, r3\n"
      "smlad r4, r6, r8, r4\n"
      "smlatb r5, r6, r8, r5\n"
      "smlabt r4, r10, r9, r4\n"
      "smlad r5, r10, r9, r5\n"
      "bne 2b\n"
      "ldr r6, [sp]\n"
      "add r11, r11, #12\n"
      "ldrd r7, r8, [r6, #16]\n"
      "stm r7!, {r0-r5}\n"
      NEXT_GROUP);
}

/* The same with stride 2. 23 cycles for four outputs. */
static __attribute__((naked)) void fours_of_threes(sums_task* task) {
  (void)task;
  __asm__(
      "push {r0, r4-r11, lr}\n"
      "1:\n"
      "ldm r0, {r3, r11, r12, lr}\n"
      "mov r0, r3\n"
      "mov r1, r3\n"
      "mov r2, r3\n"
      "2:\n"
      "ldm r12!, {r8-r10}\n"
      "add r10, r10, r11\n"
      "cmp r12, lr\n"
      "ldr r4, [r10]\n"
      "ldr r5, [r10, #4]\n"
      "ldr r6, [r10, #8]\n"
      "ldr r7, [r10, #12]\n"
      "ldr r10, [r10, #16]\n"
      "smlad r0, r4, r8, r0\n"
      "smlabt r0, r5, r9, r0\n"
      "smlad r1, r5, r8, r1\n"
      "smlabt r1, r6, r9, r1\n"
      "smlad r2, r6, r8, r2\n"
      "smlabt r2, r7, r9, r2\n"
      "smlad r3, r7, r8, r3\n"
      "smlabt r3, r10, r9, r3\n"
      "bne 2b\n"
      "ldr r6, [sp]\n"
      "add r11, r11, #16\n"
      "ldrd r7, r8, [r6, #16]\n"
      "stm r7!, {r0-r3}\n"
      NEXT_GROUP);
}

/* What the operands are called. */
#define RESULT(nudge, addend)                            \
  "ldr %[x], [%[sum]], #4\n"                             \
  nudge                                                  \
  "lsl %[x], %[x], %[scale_bits]\n"                      \
  "smmla %[x], %[x], %[multiplier], %[" #addend "]\n"    \
  "asr %[x], %[x], %[shift]\n"                           \
  "ssat %[x], #8, %[x]\n"                                \
  "strb %[x], [%[output]]\n"                             \
  "add %[output], %[output], %[step]\n"
#define NUDGE                                            \
  "and %[addend], %[nudge], %[x], asr #31\n"             \
  "sub %[addend], %[all], %[addend]\n"

/* Outputs from sums; with relu 10 cycles each, else 14. */
static __attribute__((noinline)) int8_t* put_narrow(const requantiser* r, const int32_t* sum, const int32_t* end,
                                                   int8_t* output) {
  int32_t x, addend;
  if (r->nudge == 0) {
    __asm__ volatile(
        "sub %[x], %[end], %[sum]\n"
        "lsls %[x], %[x], #29\n"
        "bmi 2f\n"
        "1:\n"
        RESULT("", all)
        "2:\n"
        RESULT("", all)
        "cmp %[sum], %[end]\n"
        "bne 1b\n"
        : [sum] "+r"(sum), [output] "+r"(output), [x] "=&r"(x)
        : [end] "r"(end), [scale_bits] "r"(r->scale_bits), [all] "r"(r->addend), [multiplier] "r"(r->multiplier),
          [shift] "r"(r->shift), [step] "r"(r->step)
        : "memory", "cc");
    return output;
  }
  __asm__ volatile(
      "1:\n"
      RESULT(NUDGE, addend)
      "cmp %[sum], %[end]\n"
      "bne 1b\n"
      : [sum] "+r"(sum), [output] "+r"(output), [x] "=&r"(x), [addend] "=&r"(addend)
      : [end] "r"(end), [nudge] "r"(r->nudge), [scale_bits] "r"(r->scale_bits), [all] "r"(r->addend),
        [multiplier] "r"(r->multiplier), [shift] "r"(r->shift), [step] "r"(r->step)
      : "memory", "cc");
  return output;
}

/* Rows of inputs `step` bytes apart into halfwords: 16 cycles for four, 9 for each of the rest. The gaps are bytes
 * from a row's end to the next row. */
static __attribute__((naked, noinline)) void put_rows(const int8_t* from, int16_t* to, uint32_t step, uint32_t inputs,
                                                      uint32_t rows, uint32_t from_gap, uint32_t to_gap,
                                                      uint32_t zeros) {
  (void)from, (void)to, (void)step, (void)inputs, (void)rows, (void)from_gap, (void)to_gap, (void)zeros;
  __asm__(
      "push {r4-r11, lr}\n"
      "ldr r4, [sp, #36]\n"
      "ldr r5, [sp, #40]\n"
      "ldr r6, [sp, #44]\n"
      "ldr r7, [sp, #48]\n"
      "add r8, r2, r2, lsl #1\n"
      "1:\n"
      "subs r9, r3, #4\n"
      "blt 3f\n"
      "2:\n"
      "ldrsb r10, [r0]\n"
      "ldrsb r11, [r0, r2]\n"
      "ldrsb r12, [r0, r2, lsl #1]\n"
      "ldrsb lr, [r0, r8]\n"
      "add r0, r0, r2, lsl #2\n"
      "pkhbt r10, r10, r11, lsl #16\n"
      "pkhbt r12, r12, lr, lsl #16\n"
      "ssub16 r10, r10, r7\n"
      "ssub16 r12, r12, r7\n"
      "str r10, [r1], #4\n"
      "str r12, [r1], #4\n"
      "subs r9, r9, #4\n"
      "bge 2b\n"
      "3:\n"
      "adds r9, r9, #4\n"
      "beq 5f\n"
      "4:\n"
      "ldrsb r10, [r0]\n"
      "add r0, r0, r2\n"
      "subs r10, r10, r7\n"
      "strh r10, [r1], #2\n"
      "subs r9, r9, #1\n"
      "bne 4b\n"
      "5:\n"
      "add r0, r0, r5\n"
      "add r1, r1, r6\n"
      "subs r4, r4, #1\n"
      "bne 1b\n"
      "pop {r4-r11, pc}\n");
}
/* clang-format on */

static void add_up(const context* c, sums_task* task) {
  const int sixes = c->call->layer->stride_w == 1;
  if (c->threes) {
    (sixes ? sixes_of_threes : fours_of_threes)(task);
  } else {
    (sixes ? sums_of_sixes : sums_of_fours)(task);
  }
}

#else

static int8_t* put_narrow(const requantiser* r, const int32_t* sum, const int32_t* end, int8_t* output) {
  for (; sum != end; output += r->step) {
    const int32_t x = *sum++, high = thimble_high_mul((int32_t)((uint32_t)x << r->scale_bits), r->multiplier);
    *output = thimble_saturate_s8((high + r->addend - (x >> 31 & r->nudge)) >> r->shift);
  }
  return output;
}

static int32_t low(uint32_t pair) { return (int16_t)pair; }
static int32_t high(uint32_t pair) { return (int16_t)(pair >> 16); }

static int32_t sum_of(const sums_task* task, const int16_t* window) {
  int32_t sum = task->bias;
  for (const thimble_depthwise_tap* tap = task->taps; tap != task->end; ++tap) {
    const int16_t* const x = window + tap->offset / 2;
    sum += x[0] * low(tap->even) + x[1] * high(tap->even);
  }
  return sum;
}
static void all_sums(sums_task* task, uint32_t group) {
  for (; task->rows != 0; --task->rows, task->base += task->gap / 2) {
    for (uint32_t left = task->row_groups * group; left != 0; --left, task->base += task->stride / 2)
      *task->sums++ = sum_of(task, task->base);
    task->sums -= task->spare / 4;
  }
}
static void add_up(const context* c, sums_task* task) { all_sums(task, thimble_depthwise_group(c->call->layer)); }

static void put_rows(const int8_t* from, int16_t* to, uint32_t step, uint32_t inputs, uint32_t rows, uint32_t from_gap,
                     uint32_t to_gap, uint32_t zeros) {
  for (; rows != 0; --rows, from += from_gap, to += to_gap / 2) {
    for (uint32_t left = inputs; left != 0; --left, from += step) *to++ = (int16_t)(*from - (int16_t)zeros);
  }
}

#endif

/* Rows of inputs of one channel, from `row` on, into their slots; some of them may be padding. */
static void fill_rows(const context* c, int32_t row, uint32_t rows, int16_t* to) {
  const thimble_view* const view = &c->call->input;
  const thimble_layer* const layer = c->call->layer;
  const uint32_t inside = c->inside, step = layer->in_c;
  for (uint32_t now; rows != 0; rows -= now, row += (int32_t)now, to += now * c->slot) {
    const int8_t* const from = thimble_row(view, row);
    const uint32_t below = view->height - (uint32_t)row;
    now = from == NULL || view->ring_rows != 0 ? 1 : below < rows ? below : rows;
    if (from != NULL && inside != 0) {
      put_rows(from + c->channel, to, step, inside, now, view->row_bytes - inside * step, 2 * (c->slot - inside),
               0x00010001u * (uint16_t)layer->input_zero);
    } else if (c->call->count > c->band) { /* where all rows fit, the slots of padding are never anything else */
      thimble_fill((int8_t*)to, 0, 2 * inside);
    }
  }
}

/* Of all channels. The last tap of an odd number meets zeros. */
static void set_offsets(const context* c) {
  const thimble_layer* const layer = c->call->layer;
  const uint32_t last = c->threes ? 0 : layer->kernel_w;
  thimble_depthwise_tap* tap = c->taps;
  for (uint32_t y = 0; y < layer->kernel_h; ++y) {
    for (uint32_t x = 0; x <= last; x += 2, ++tap) tap->offset = 2 * (y * c->slot + x);
  }
  if (tap != c->end) tap->even = tap->odd = tap->offset = 0;
}

/* The taps of one channel, two by two, or three by three as {0, 1}, {1, 2}. */
static void set_taps(const context* c) {
  const thimble_layer* const layer = c->call->layer;
  const int8_t* weight = (const int8_t*)(c->block + THIMBLE_DEPTHWISE_CONSTANTS) + c->lane;
  const uint32_t pairs = layer->kernel_w / 2u, last = layer->kernel_w & 1u;
  thimble_depthwise_tap* tap = c->taps;
  for (; c->threes && tap != c->end; ++tap, weight += 12) {
    const uint32_t middle = (uint16_t)weight[4];
    tap->even = (uint16_t)weight[0] | middle << 16;
    tap->odd = middle | (uint32_t)weight[8] << 16;
  }
  for (uint32_t y = c->threes ? 0 : layer->kernel_h; y != 0; --y, ++tap) {
    int32_t before = 0;
    for (uint32_t left = pairs; left != 0; --left, weight += 8, ++tap) {
      tap->even = (uint16_t)weight[0] | (uint32_t)weight[4] << 16;
      tap->odd = (uint16_t)before | (uint32_t)weight[0] << 16;
      before = weight[4];
    }
    tap->even = last != 0 ? (uint16_t)weight[0] : 0;
    tap->odd = (uint16_t)before | tap->even << 16;
    weight += 4 * last;
  }
}

/* Requantises some rows of sums. */
static void put_results(const context* c, int8_t* output, uint32_t rows) {
  const thimble_layer* const layer = c->call->layer;
  const uint32_t *const constants = c->block + c->lane, scaling = constants[8];
  const int32_t multiplier = (int32_t)constants[0];
  const requantiser r = {multiplier,    (int32_t)constants[4], layer->relu ? 0 : 128,
                         scaling & 31u, scaling >> 8 & 31u,    layer->out_c};
  const thimble_channel channel = {multiplier, scaling};
  const thimble_scale scale = thimble_scale_of(&channel, 2 * layer->output_zero + 1, layer->relu);
  const int32_t *sum = c->sums, *const end = sum + rows * layer->out_w;
  if (layer->wide != THIMBLE_DEPTHWISE_GENERAL) {
    (void)put_narrow(&r, sum, end, output);
    return;
  }
  for (; sum != end; output += r.step) *output = thimble_saturate_s8(thimble_requantise(*sum++, &scale));
}

static void run_channel(const context* c) {
  const thimble_call* const call = c->call;
  const thimble_layer* const layer = call->layer;
  const uint32_t kernel_h = layer->kernel_h, stride = layer->stride_h;
  const uint32_t kept = kernel_h > stride ? kernel_h - stride : 0;
  int32_t top = (int32_t)(call->first * stride) - layer->pad_top;
  int8_t* output = call->output + c->channel;
  uint32_t filled = 0, rows;
  set_taps(c);
  for (uint32_t left = call->count; left != 0; left -= rows, output += rows * layer->out_w * layer->out_c) {
    rows = left < c->band ? left : c->band;
    const uint32_t advance = rows * stride, group = 2u * thimble_depthwise_group(layer) * layer->stride_w;
    fill_rows(c, top + (int32_t)filled, advance - stride + kernel_h - filled,
              c->rows + filled * c->slot + layer->pad_left);
    sums_task task = {(int32_t)c->block[12 + c->lane],
                      c->rows,
                      c->taps,
                      c->end,
                      c->sums,
                      c->groups,
                      rows,
                      c->groups,
                      (int32_t)(2 * stride * c->slot - c->groups * group),
                      2u * layer->stride_w,
                      4 * (c->row_sums - layer->out_w)};
    add_up(c, &task);
    put_results(c, output, rows);
    if (left == rows) break;
    thimble_copy((int8_t*)c->rows, (const int8_t*)(c->rows + advance * c->slot), 2 * kept * c->slot);
    filled = kept;
    top += (int32_t)advance;
  }
}

uint32_t thimble_small_depthwise_s8_scratch(const thimble_layer* layer) {
  return thimble_round_up(thimble_depthwise_band_bytes(layer, thimble_depthwise_band(layer)), 8);
}

void thimble_small_depthwise_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const uint32_t words = THIMBLE_DEPTHWISE_CONSTANTS + (uint32_t)layer->kernel_h * layer->kernel_w;
  const uint32_t sums = thimble_depthwise_sums(layer), group = thimble_depthwise_group(layer);
  const uint32_t reached = (layer->out_w - 1u) * layer->stride_w + layer->kernel_w - layer->pad_left;
  context c;
  c.call = call;
  c.block = layer->weights;
  c.inside = reached < layer->in_w ? reached : layer->in_w;
  c.band = thimble_depthwise_band(layer);
  c.taps = call->scratch;
  c.threes = THIMBLE_DSP && layer->kernel_w == 3 && layer->stride_w <= 2;
  c.end = c.taps + thimble_depthwise_taps(layer);
  c.sums = (int32_t*)(void*)c.end;
  if (c.threes) c.end = c.taps + layer->kernel_h;
  c.row_sums = sums;
  c.rows = (int16_t*)(void*)(c.sums + c.band * sums);
  c.slot = thimble_depthwise_slot(layer);
  c.groups = 0;
  for (uint32_t i = 0; i < sums; i += group) ++c.groups;
  thimble_fill((int8_t*)c.rows, 0, 2 * (layer->kernel_h + (c.band - 1) * layer->stride_h) * c.slot);
  set_offsets(&c);
  for (c.channel = 0; c.channel < layer->out_c; ++c.channel) {
    c.lane = c.channel & 3u;
    run_channel(&c);
    if (c.lane == 3) c.block += words;
  }
}
