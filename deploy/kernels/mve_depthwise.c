/* Depthwise convolution over interleaved rows: for sixteen channels at a time, four rows of the window become one plane
 * int8 [columns][16][4], whose words hold four rows of one column of one channel. A vector is four such words,
 * gathered; so one VMLADAVA.S8 is the whole of a 3x3 window.
 *
 * Taps, sixteen to the vector: per four rows of the window its columns, of each four rows; zeros below the last row and
 * after the last column. */
#include "mve.h"

enum { kGroup = 16, kColumn = 4 * kGroup }; /* channels; bytes of a column of a plane */

static uint32_t planes_of(const thimble_layer* layer) { return (layer->kernel_h + 3u) / 4; }
static uint32_t columns_of(const thimble_layer* layer) {
  return (layer->out_w - 1u) * layer->stride_w + layer->kernel_w;
}
static uint32_t vectors_of(const thimble_layer* layer) { return (planes_of(layer) * layer->kernel_w + 3) / 4; }

/* In the scratch: per vector its words' places in the planes; sixteen zero points; the planes. */
uint32_t thimble_mve_depthwise_s8_scratch(const thimble_layer* layer) {
  return 16 * vectors_of(layer) + 16 + kColumn * planes_of(layer) * columns_of(layer);
}

/* Four rows of a plane, 16 channels from the first column on. Assembly knows the order of the members. */
typedef struct rows_of_plane {
  const int8_t* rows[4];
  uint32_t steps[4]; /* from pixel to pixel: in_c, or 0 where there is only padding */
  int8_t* plane;
  uint32_t columns;  /* not 0 */
  uint32_t channels; /* up to 16 */
} rows_of_plane;

/* One row of outputs of up to 16 channels. Assembly knows the order of the members. */
typedef struct depthwise_row {
  const uint32_t* weights;
  const int8_t* planes;
  const uint32_t* places;
  uint32_t vectors;
  int8_t* output;
  uint32_t out_w, out_c, channels;
  uint32_t step; /* bytes from an output's window to the next one's */
  int32_t output_zero;
  thimble_mve_rounding rounding;
} depthwise_row;

#if THIMBLE_MVE

/* r0-r3: rows, r4-r7: steps, r8: plane. 14 instructions for 16 channels of a column. */
__attribute__((naked)) static void interleave(__attribute__((unused)) const rows_of_plane* rows) {
  __asm__ volatile(
      "push {r4-r8, lr}\n"
      "ldrd r8, r12, [r0, #32]\n"
      "ldr lr, [r0, #40]\n"
      "vctp.8 lr\n"
      "ldm r0, {r0-r7}\n"
      "dls lr, r12\n"
      "1:\n"
      "vpstttt\n"
      "vldrbt.8 q0, [r0]\n"
      "vldrbt.8 q1, [r1]\n"
      "vldrbt.8 q2, [r2]\n"
      "vldrbt.8 q3, [r3]\n"
      "add r0, r0, r4\n"
      "add r1, r1, r5\n"
      "add r2, r2, r6\n"
      "add r3, r3, r7\n"
      "vst40.8 {q0, q1, q2, q3}, [r8]\n"
      "vst41.8 {q0, q1, q2, q3}, [r8]\n"
      "vst42.8 {q0, q1, q2, q3}, [r8]\n"
      "vst43.8 {q0, q1, q2, q3}, [r8]!\n"
      "le lr, 1b\n"
      "pop {r4-r8, pc}\n");
}

#define LOAD_SHIFT(tail) "vldrw.32 q3, [" tail ", #32]\n"
#define LEFT(tail) \
  "vmov.i32 q2, #0\n"       \
  LOAD_SHIFT(tail)          \
  "vmax.s32 q3, q3, q2\n"   \
  "vshl.s32 q1, q1, q3\n"
#define LOAD_SHIFT_WIDE(tail) "vmov.i32 q2, #0\n" LOAD_SHIFT(tail) "vmin.s32 q3, q3, q2\n"
#define NOTHING(tail) ""

/* Windows of one vector, four channels at a time. r0, r2, r4, r6: sums. r1: the block's weights, then its tail. r3:
 * output. r5: out_c. r8: output zero point. r9: step. r10: channels left. r11: the block's first word in the plane.
 * r12: its first output. q4-q7: weights, q0: the window's words, q3: shifts. On the stack: out_w, places. 22 to 24
 * instructions for four results. */
#define ONE_VECTOR(SHIFTS_KEPT, LEFT_SHIFT, SHIFTS_AGAIN, SHIFT) \
  __asm__ volatile(                                              \
      "push {r4-r11, lr}\n"                                      \
      "vpush {d8-d15}\n"                                         \
      "ldrd r1, r11, [r0]\n"                                     \
      "ldr r2, [r0, #8]\n"                                       \
      "ldrd r12, r3, [r0, #16]\n"                                \
      "push {r2, r3}\n"                                          \
      "ldrd r5, r10, [r0, #24]\n"                                \
      "ldrd r9, r8, [r0, #32]\n"                                 \
      "1:\n"                                                     \
      "vldrw.32 q4, [r1], #16\n"                                 \
      "vldrw.32 q5, [r1], #16\n"                                 \
      "vldrw.32 q6, [r1], #16\n"                                 \
      "vldrw.32 q7, [r1], #16\n"                                 \
      SHIFTS_KEPT("r1")                                          \
      "ldrd r0, r2, [sp]\n"                                      \
      "vldrw.32 q0, [r0]\n"                                      \
      "vadd.i32 q0, q0, r11\n"                                   \
      "vctp.32 r10\n"                                            \
      "mov r3, r12\n"                                            \
      "dls lr, r2\n"                                             \
      "2:\n"                                                     \
      "ldrd r0, r2, [r1]\n"                                      \
      "ldrd r4, r6, [r1, #8]\n"                                  \
      "vldrw.u32 q1, [q0]\n"                                     \
      "vldrw.u32 q2, [q0, #4]\n"                                 \
      "vmladava.s8 r0, q1, q4\n"                                 \
      "vldrw.u32 q1, [q0, #8]\n"                                 \
      "vmladava.s8 r2, q2, q5\n"                                 \
      "vldrw.u32 q2, [q0, #12]\n"                                \
      "vmladava.s8 r4, q1, q6\n"                                 \
      "vmladava.s8 r6, q2, q7\n"                                 \
      "vmov q1[2], q1[0], r0, r4\n"                              \
      "vmov q1[3], q1[1], r2, r6\n"                              \
      LEFT_SHIFT("r1")                                           \
      "vldrw.32 q2, [r1, #16]\n"                                 \
      "vqrdmulh.s32 q1, q1, q2\n"                                \
      SHIFTS_AGAIN("r1")                                         \
      SHIFT("q1", "q2", "q3")                                    \
      "vadd.i32 q1, q1, r8\n"                                    \
      THIMBLE_MVE_NARROW("q1")                                   \
      "vadd.i32 q0, q0, r9\n"                                    \
      "vpst\n"                                                   \
      "vstrbt.32 q1, [r3]\n"                                     \
      "add r3, r3, r5\n"                                         \
      "le lr, 2b\n"                                              \
      "add r1, r1, #48\n"                                        \
      "add r11, r11, #16\n"                                      \
      "add r12, r12, #4\n"                                       \
      "subs r10, r10, #4\n"                                      \
      "bhi 1b\n"                                                 \
      "add sp, sp, #8\n"                                         \
      "vpop {d8-d15}\n"                                          \
      "pop {r4-r11, pc}\n")

/* Windows of any number of vectors, four channels at a time. r0, r2, r4, r6: sums. r1: the block's weights, r7: their
 * next. r3: output. r5: places. r8: output zero point. r9: step. r10: outputs left. r11: the window's first word. r12:
 * the block's tail. On the stack: struct, channels left. */
#define ANY_VECTORS(LEFT_SHIFT, SHIFTS_AGAIN, SHIFT) \
  __asm__ volatile(                                  \
      "push {r4-r11, lr}\n"                          \
      "vpush {d8-d15}\n"                             \
      "ldr r1, [r0, #28]\n"                          \
      "push {r0, r1}\n"                              \
      "ldrd r12, r11, [r0]\n"                        \
      "ldr r3, [r0, #16]\n"                          \
      "ldrd r9, r8, [r0, #32]\n"                     \
      "1:\n"                                         \
      "ldrd r0, r2, [sp]\n"                          \
      "push {r3, r11}\n"                             \
      "ldr r10, [r0, #20]\n"                         \
      "vctp.32 r2\n"                                 \
      "ldr r2, [r0, #12]\n"                          \
      "mov r1, r12\n"                                \
      "add r12, r12, r2, lsl #6\n"                   \
      "2:\n"                                         \
      "ldr r0, [sp, #8]\n"                           \
      "ldrd r5, lr, [r0, #8]\n"                      \
      "mov r7, r1\n"                                 \
      "ldrd r0, r2, [r12]\n"                         \
      "ldrd r4, r6, [r12, #8]\n"                     \
      "dls lr, lr\n"                                 \
      "3:\n"                                         \
      "vldrw.32 q0, [r5], #16\n"                     \
      "vldrw.32 q4, [r7], #16\n"                     \
      "vadd.i32 q0, q0, r11\n"                       \
      "vldrw.u32 q1, [q0]\n"                         \
      "vldrw.32 q5, [r7], #16\n"                     \
      "vmladava.s8 r0, q1, q4\n"                     \
      "vldrw.u32 q2, [q0, #4]\n"                     \
      "vldrw.32 q6, [r7], #16\n"                     \
      "vmladava.s8 r2, q2, q5\n"                     \
      "vldrw.u32 q3, [q0, #8]\n"                     \
      "vldrw.32 q7, [r7], #16\n"                     \
      "vmladava.s8 r4, q3, q6\n"                     \
      "vldrw.u32 q1, [q0, #12]\n"                    \
      "vmladava.s8 r6, q1, q7\n"                     \
      "le lr, 3b\n"                                  \
      "vmov q1[2], q1[0], r0, r4\n"                  \
      "vmov q1[3], q1[1], r2, r6\n"                  \
      LEFT_SHIFT("r12")                              \
      "vldrw.32 q2, [r12, #16]\n"                    \
      "vqrdmulh.s32 q1, q1, q2\n"                    \
      SHIFTS_AGAIN("r12")                            \
      SHIFT("q1", "q2", "q3")                        \
      "vadd.i32 q1, q1, r8\n"                        \
      THIMBLE_MVE_NARROW("q1")                       \
      "add r11, r11, r9\n"                           \
      "ldr r0, [sp, #8]\n"                           \
      "vpst\n"                                       \
      "vstrbt.32 q1, [r3]\n"                         \
      "ldr r0, [r0, #24]\n"                          \
      "add r3, r3, r0\n"                             \
      "subs r10, r10, #1\n"                          \
      "bne 2b\n"                                     \
      "pop {r3, r11}\n"                              \
      "ldr r0, [sp, #4]\n"                           \
      "add r12, r12, #48\n"                          \
      "add r11, r11, #16\n"                          \
      "add r3, r3, #4\n"                             \
      "subs r0, r0, #4\n"                            \
      "str r0, [sp, #4]\n"                           \
      "bhi 1b\n"                                     \
      "add sp, sp, #8\n"                             \
      "vpop {d8-d15}\n"                              \
      "pop {r4-r11, pc}\n")

__attribute__((naked)) static void one_relu(__attribute__((unused)) const depthwise_row* row) {
  ONE_VECTOR(LOAD_SHIFT, NOTHING, NOTHING, THIMBLE_MVE_SHIFT_RELU);
}
__attribute__((naked)) static void one_nudged(__attribute__((unused)) const depthwise_row* row) {
  ONE_VECTOR(LOAD_SHIFT, NOTHING, NOTHING, THIMBLE_MVE_SHIFT_NUDGED);
}
__attribute__((naked)) static void any_nudged(__attribute__((unused)) const depthwise_row* row) {
  ANY_VECTORS(NOTHING, LOAD_SHIFT, THIMBLE_MVE_SHIFT_NUDGED);
}
__attribute__((naked)) static void any_wide(__attribute__((unused)) const depthwise_row* row) {
  ANY_VECTORS(LEFT, LOAD_SHIFT_WIDE, THIMBLE_MVE_SHIFT_WIDE);
}

static void run(const depthwise_row* row) {
  if (row->rounding == THIMBLE_MVE_WIDE) {
    any_wide(row);
  } else if (row->vectors != 1) {
    any_nudged(row);
  } else if (row->rounding == THIMBLE_MVE_RELU) {
    one_relu(row);
  } else {
    one_nudged(row);
  }
}

#else

static void interleave(const rows_of_plane* rows) {
  for (uint32_t x = 0; x < rows->columns; ++x) {
    for (uint32_t c = 0; c < rows->channels; ++c) {
      for (uint32_t y = 0; y < 4; ++y) rows->plane[x * kColumn + 4 * c + y] = rows->rows[y][x * rows->steps[y] + c];
    }
  }
}

/* The window whose first word is at `words`. */
static int32_t dot(const depthwise_row* row, const int8_t* words, const int8_t* weights) {
  int32_t sum = 0;
  for (uint32_t v = 0; v < row->vectors; ++v) {
    for (uint32_t i = 0; i < 16; ++i) sum += words[row->places[4 * v + i / 4] + i % 4] * weights[4 * kGroup * v + i];
  }
  return sum;
}

static void run(const depthwise_row* row) {
  const uint32_t* weights = row->weights;
  for (uint32_t c = 0; c < row->channels; ++c) {
    const uint32_t lane = c % 4;
    const uint32_t* const tail = weights + 16 * row->vectors;
    for (uint32_t x = 0; x < row->out_w; ++x) {
      const int32_t sum = dot(row, row->planes + x * row->step + 4 * c, (const int8_t*)(weights + 4 * lane));
      row->output[x * row->out_c + c] = thimble_mve_result(sum, tail, lane, row->output_zero, row->rounding);
    }
    if (lane == 3) weights = tail + THIMBLE_MVE_BLOCK_TAIL;
  }
}

#endif

/* Words of padding after the last tap read the first column, times zero. */
static void find_places(const thimble_layer* layer, uint32_t* places) {
  const uint32_t plane_bytes = columns_of(layer) * kColumn;
  uint32_t count = 0;
  for (uint32_t plane = 0; plane < planes_of(layer); ++plane) {
    for (uint32_t kx = 0; kx < layer->kernel_w; ++kx) places[count++] = plane * plane_bytes + kx * kColumn;
  }
  while (count % 4 != 0) places[count++] = 0;
}

/* The columns that lie on the input: [before, before + inside). */
typedef struct inside_columns {
  uint32_t before, inside;
} inside_columns;

static inside_columns inside_columns_of(const thimble_layer* layer) {
  const uint32_t columns = columns_of(layer), pad = layer->pad_left;
  const uint32_t rest = columns > pad ? columns - pad : 0;
  const inside_columns result = {pad, rest < layer->in_w ? rest : layer->in_w};
  return result;
}

/* The columns that do not: the same for all channels. */
static void pad_columns(const thimble_layer* layer, inside_columns at, int8_t* planes) {
  const uint32_t columns = columns_of(layer), end = at.before + at.inside;
  for (uint32_t plane = 0; plane < planes_of(layer); ++plane, planes += columns * kColumn) {
    thimble_fill(planes, layer->input_zero, at.before * kColumn);
    thimble_fill(planes + end * kColumn, layer->input_zero, (columns - end) * kColumn);
  }
}

static void fill_planes(const thimble_layer* layer, inside_columns at, const int8_t* const* rows, uint32_t channel,
                        const int8_t* zeros, int8_t* planes) {
  const uint32_t left = layer->out_c - channel;
  rows_of_plane four;
  four.columns = at.inside;
  four.channels = left < kGroup ? left : kGroup;
  four.plane = planes + at.before * kColumn;
  for (uint32_t first = 0; first < layer->kernel_h; first += 4, four.plane += columns_of(layer) * kColumn) {
    for (uint32_t i = 0; i < 4; ++i) {
      const int8_t* const row = first + i < layer->kernel_h ? rows[first + i] : NULL;
      four.rows[i] = row == NULL ? zeros : row + channel;
      four.steps[i] = row == NULL ? 0 : layer->in_c;
    }
    interleave(&four);
  }
}

static void compute_row(const thimble_call* call, const int8_t* const* rows, int8_t* output) {
  const thimble_layer* const layer = call->layer;
  const uint32_t vectors = vectors_of(layer), out_c = layer->out_c;
  const inside_columns at = inside_columns_of(layer);
  uint32_t* const places = call->scratch;
  int8_t* const zeros = (int8_t*)call->scratch + 16 * vectors;
  int8_t* const planes = zeros + 16;
  depthwise_row row = {layer->weights,
                       planes,
                       places,
                       vectors,
                       output,
                       layer->out_w,
                       out_c,
                       0,
                       layer->stride_w * (uint32_t)kColumn,
                       layer->output_zero,
                       thimble_mve_rounding_of(layer)};
  for (uint32_t c = 0; c < out_c; c += kGroup, row.output += kGroup) {
    row.channels = out_c - c < kGroup ? out_c - c : kGroup;
    fill_planes(layer, at, rows, c, zeros, planes);
    run(&row);
    row.weights += kGroup / 4 * (16 * vectors + THIMBLE_MVE_BLOCK_TAIL);
  }
}

void thimble_mve_depthwise_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const uint32_t vectors = vectors_of(layer);
  int8_t* const zeros = (int8_t*)call->scratch + 16 * vectors;
  find_places(layer, call->scratch);
  thimble_fill(zeros, layer->input_zero, 16);
  pad_columns(layer, inside_columns_of(layer), zeros + 16);
  thimble_each_row(call, compute_row);
}
