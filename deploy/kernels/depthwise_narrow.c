#include "depthwise_narrow.h"

#include "depthwise_dsp.h"

#if THIMBLE_DEPTHWISE_FAST

/* What the assembly is told; it knows the order of the members. */
typedef struct narrow_run {
  const int8_t* input; /* of the block, as the next three */
  int8_t* output;      /* the last pixel of the first row */
  const uint32_t* block;
  uint32_t blocks;      /* left */
  uint32_t block_bytes; /* from a block to the next */
  uint32_t pixel_bytes, row_bytes;
  uint32_t width, height, zero; /* zero: two lanes of minus the input's zero point */
  uint32_t padding;             /* a pixel of it */
  uint32_t kernel;
  thimble_word *planes, *records;
  const thimble_narrow_row *rows, *rows_end;
  uint32_t plane_width; /* 3 or 5 */
  uint32_t nudge;       /* what sums below zero take from the addend */
} narrow_run;

/* clang-format off */
/* Per window column, from the middle one: a word of weights meets each input column whose output is inside. */
#define DOT(sum, x, w) "smlad " sum ", " x ", " w ", " sum "\n"
#define DOTS_5(w) DOT("r0", "r5", w) DOT("r1", "r6", w) DOT("r2", "r7", w) DOT("r3", "r8", w) DOT("r4", "r9", w)
#define RIGHT_1(w) DOT("r0", "r6", w) DOT("r1", "r7", w) DOT("r2", "r8", w) DOT("r3", "r9", w)
#define LEFT_1(w) DOT("r1", "r5", w) DOT("r2", "r6", w) DOT("r3", "r7", w) DOT("r4", "r8", w)
#define RIGHT_2(w) DOT("r0", "r7", w) DOT("r1", "r8", w) DOT("r2", "r9", w)
#define LEFT_2(w) DOT("r2", "r5", w) DOT("r3", "r6", w) DOT("r4", "r7", w)
#define RIGHT_3(w) DOT("r0", "r8", w) DOT("r1", "r9", w)
#define LEFT_3(w) DOT("r3", "r5", w) DOT("r4", "r6", w)
#define BEGIN_5 "ldm r12!, {r5-r9}\nldr r10, [lr, #-16]\nldr r11, [lr]\n" LEFT_1("r10") DOTS_5("r11")
#define MIDDLE_5 "ldr r10, [lr, #16]\nldr r11, [lr, #-32]\n" RIGHT_1("r10") LEFT_2("r11")
/* On to the next unit of the row. */
#define NEXT_OF_ROW(label) "vmov r10, s7\nadds lr, #4\ncmp r12, r10\nbne " label "b\n"

#define FINISH_RESULT(x)                \
  "asrs.n " x ", r7\n"                  \
  "ssat " x ", #8, " x "\n"             \
  "strb " x ", [r10]\n"                 \
  "sub r10, r10, r11\n"
/* One result: the sum is scaled, multiplied, shifted, stored; on to the pixel on the left. 20 bytes each, or 28. */
#define RESULT(x)                       \
  "lsls.n " x ", r5\n"                  \
  "smmla " x ", " x ", r8, r6\n"        \
  FINISH_RESULT(x)
#define NUDGED_RESULT(x)                \
  "lsls.n " x ", r5\n"                  \
  "and r9, r12, " x ", asr #31\n"       \
  "sub r9, r6, r9\n"                    \
  "smmla " x ", " x ", r8, r9\n"        \
  FINISH_RESULT(x)

/* On the stack: the run, channels left.
 * s0: bias; s1-s3: multiplier, addend, shift; s4: the row's members; s5, s6: map, middle column of the window; s7: end
 * of the row's units; s8: bytes of a pixel; s9: where the row's last result goes; s10: loop; s11: first result;
 * s12: end of the rows; s13: scale; s14: bytes from s9 after a row to the next one; s15: nudge. */
__attribute__((naked)) static void run_blocks(narrow_run* run) {
  (void)run;
  __asm__(
      "push {r4-r11, lr}\n"
      "mov r11, r0\n"
      "sub sp, sp, #8\n"
      "str r11, [sp]\n"
      "ldr r1, [r11, #44]\n"
      "ldr r2, [r11, #28]\n"
      "ldr r3, [r11, #20]\n"
      "ldr r4, [r11, #24]\n"
      "ldr r5, [r11, #60]\n"
      "ldr r6, [r11, #64]\n"
      "ldr r7, [r11, #68]\n"
      "lsls r4, r4, #1\n"
      "vmov s8, r3\nvmov s14, r4\nvmov s12, r5\nvmov s15, r7\n"
      /* The loop for this width of the map and of the window; the first result. */
      "adr.w r7, 15f\n"
      "cmp r6, #3\nbeq 1f\n"
      "adr.w r7, 25f\n"
      "cmp r1, #7\nit eq\nadreq.w r7, 27f\n"
      "1:\n"
      "adr.w r8, 35f\n"
      "rsb r2, r2, #5\n"
      "movs r3, #20\n"
      "vmov r4, s15\n"
      "cmp r4, #0\nitt ne\nadrne.w r8, 37f\nmovne r3, #28\n"
      "mla r8, r2, r3, r8\n"
      "vmov s10, r7\nvmov s11, r8\n"

      /* --- a block: its map ---
       * r0, r3: rows a and b; r1: bytes of a row; r2: of a pixel; r9: b's step; r4: to; r5: rows left; r6: minus the
       * zero point; r7: columns left. */
      "40:\n"
      "ldr r0, [r11]\n"
      "ldr r2, [r11, #20]\n"
      "ldr r1, [r11, #24]\n"
      "ldr r5, [r11, #32]\n"
      "ldr r6, [r11, #36]\n"
      "ldr r4, [r11, #48]\n"
      "mov r9, r2\n"
      "41:\n"
      "ldr r7, [r11, #28]\n"
      "add r3, r0, r1\n"
      "cmp r5, #1\nbne 42f\n"
      "movs r9, #0\n"
      "add r3, r11, #40\n"
      "42:\n"
      "ldr r8, [r0]\nldr r10, [r3]\n"
      "add r0, r0, r2\n"
      "add r3, r3, r9\n"
      "pkhbt r12, r8, r10, lsl #16\n"
      "pkhtb lr, r10, r8, asr #16\n"
      "sxtab16 r8, r6, r12\n"
      "sxtab16 r12, r6, r12, ror #8\n"
      "sxtab16 r10, r6, lr\n"
      "sxtab16 lr, r6, lr, ror #8\n"
      "str r12, [r4, #112]\nstr r10, [r4, #224]\nstr lr, [r4, #336]\nstr r8, [r4], #4\n"
      "subs r7, r7, #1\n"
      "bne 42b\n"
      "ldr r7, [r11, #28]\n"
      "ldr r8, [r11, #64]\n"
      "add r0, r0, r1\n"
      "subs r8, r8, r7\n"
      "add r4, r4, r8, lsl #2\n"
      "subs r5, r5, #2\n"
      "bgt 41b\n"

      /* --- its windows ---
       * r0, r1: weights a and b; r2, r3: their steps; r4: to; r5: window; r6: pairs of rows left; r7: columns left.
       * The columns of windows of 7 begin with a zero, those of 5 end with one, so that most rows of outputs find
       * their words aligned. */
      "ldr r1, [r11, #8]\n"
      "ldr r4, [r11, #52]\n"
      "ldr r5, [r11, #44]\n"
      "adds r1, #64\n"
      "mov r0, r4\n"
      "movs r2, #0\n"
      "movs r3, #4\n"
      "adds r4, #16\n"
      "adds r6, r5, #1\n"
      "lsrs r6, r6, #1\n"
      "cmp r5, #5\nbne 45f\n"
      "mov r0, r1\n"
      "add r1, r1, #20\n"
      "44:\n"
      "movs r2, #4\n"
      "45:\n"
      "mov r7, r5\n"
      "46:\n"
      "ldr r8, [r0]\nldr r9, [r1]\n"
      "adds r0, r0, r2\n"
      "adds r1, r1, r3\n"
      "pkhbt r10, r8, r9, lsl #16\n"
      "pkhtb r12, r9, r8, asr #16\n"
      "sxtb16 r8, r10\nsxtb16 r9, r10, ror #8\nsxtb16 r10, r12\nsxtb16 r12, r12, ror #8\n"
      "str r9, [r4, #128]\nstr r10, [r4, #256]\nstr r12, [r4, #384]\nstr r8, [r4], #16\n"
      "subs r7, r7, #1\n"
      "bne 46b\n"
      "mov r0, r1\n"
      "add r1, r1, r5, lsl #2\n"
      "sub r4, r4, r5, lsl #4\n"
      "adds r4, #4\n"
      "subs r6, r6, #1\n"
      "beq 47f\n"
      "cmp r6, #1\nbne 44b\n"
      "cmp r5, #5\nbne 44b\n"
      "ldr r1, [r11, #52]\n"
      "movs r3, #0\n"
      "b 44b\n"

      /* --- its channels ---
       * r0-r4: sums of a row. r5-r9: a unit's words. r10, lr: weights, their place; r12: place of the words. */
      "47:\n"
      "movs r10, #4\n"
      "lsrs r5, r5, #1\n"
      "ldr r0, [r11, #52]\n"
      "ldr r1, [r11, #48]\n"
      "add r0, r0, r5, lsl #4\n"
      "adds r0, #16\n"
      "vmov s6, r0\nvmov s5, r1\n"
      "48:\n"
      "ldr r7, [r11, #8]\n"
      "ldr r6, [r11, #4]\n"
      "ldr r12, [r11, #56]\n"
      "ldr r0, [r7, #48]\n"
      "ldr r1, [r7]\nldr r2, [r7, #16]\nldr r3, [r7, #32]\n"
      "adds r7, #4\n"
      "lsrs r4, r3, #8\n"
      "vmov s0, r0\nvmov s1, r1\nvmov s2, r2\nvmov s3, r3\nvmov s13, r4\n"
      "adds r0, r6, #1\n"
      "vmov s9, r6\n"
      "str r7, [r11, #8]\nstr r0, [r11, #4]\nstr r10, [sp, #4]\n"

      "49:\n"
      "ldm r12!, {r5-r7}\n"
      "vmov s4, r12\n"
      "vmov r12, s5\nvmov lr, s6\n"
      "add r7, r7, r12\n"
      "add r12, r12, r5\n"
      "add lr, lr, r6\n"
      "vmov s7, r7\nvmov r0, s0\nvmov r5, s10\n"
      "mov r1, r0\nmov r2, r0\nmov r3, r0\nmov r4, r0\n"
      "mov pc, r5\n"

      ".balign 4\n"
      "27:\n" BEGIN_5 MIDDLE_5
      "ldr r10, [lr, #32]\nldr r11, [lr, #48]\n" RIGHT_2("r10") RIGHT_3("r11")
      "ldr r10, [lr, #-48]\n" LEFT_3("r10")
      NEXT_OF_ROW("27")
      "b 30f\n"
      ".balign 4\n"
      "25:\n" BEGIN_5 MIDDLE_5
      "ldr r10, [lr, #32]\n" RIGHT_2("r10")
      NEXT_OF_ROW("25")
      "b 30f\n"
      ".balign 4\n"
      "15:\n"
      "ldm r12!, {r5-r7}\n"
      "ldr r8, [lr, #-32]\nldr r9, [lr, #-16]\nldr r10, [lr]\nldr r11, [lr, #16]\nldr r3, [lr, #32]\n"
      DOT("r2", "r5", "r8") DOT("r1", "r5", "r9") DOT("r2", "r6", "r9")
      DOT("r0", "r5", "r10") DOT("r1", "r6", "r10") DOT("r2", "r7", "r10")
      DOT("r0", "r6", "r11") DOT("r1", "r7", "r11") DOT("r0", "r7", "r3")
      NEXT_OF_ROW("15")

      "30:\n"
      "vmov r8, s1\nvmov r6, s2\nvmov r7, s3\nvmov r5, s13\nvmov r9, s11\nvmov r10, s9\nvmov r11, s8\nvmov r12, s15\n"
      "mov pc, r9\n"
      ".balign 4\n"
      "35:\n" RESULT("r4") RESULT("r3") RESULT("r2") RESULT("r1") RESULT("r0")
      "36:\n"
      "vmov r5, s14\nvmov r12, s4\nvmov r6, s12\n"
      "add r10, r10, r5\n"
      "cmp r12, r6\n"
      "vmov s9, r10\n"
      "bne 49b\n"

      /* The next channel, the next block. */
      "ldr r11, [sp]\n"
      "ldr r10, [sp, #4]\n"
      "vmov r0, s5\nvmov r1, s6\n"
      "adds r0, #112\n"
      "adds r1, #128\n"
      "vmov s5, r0\nvmov s6, r1\n"
      "subs r10, r10, #1\n"
      "bne 48b\n"
      "ldr r0, [r11]\nldr r1, [r11, #8]\nldr r2, [r11, #12]\nldr r3, [r11, #16]\n"
      "adds r0, #4\n"
      "add r1, r1, r3\n"
      "str r0, [r11]\nstr r1, [r11, #8]\n"
      "subs r2, r2, #1\n"
      "str r2, [r11, #12]\n"
      "bne 40b\n"
      "add sp, sp, #8\n"
      "pop {r4-r11, pc}\n"
      ".balign 4\n"
      "37:\n" NUDGED_RESULT("r4") NUDGED_RESULT("r3") NUDGED_RESULT("r2") NUDGED_RESULT("r1") NUDGED_RESULT("r0")
      "b.w 36b\n");
}
/* clang-format on */

static void set_row(const thimble_layer* layer, uint32_t row, uint32_t unit_bytes, thimble_narrow_row* to) {
  const uint32_t half = layer->kernel_h / 2u, last = row + half < layer->in_h ? row + half : layer->in_h - 1u;
  const uint32_t first = row < half ? 0 : (row - half) / 2;
  const uint32_t zeros = layer->kernel_h == 5 ? 0 : 1; /* above the weights */
  to->from = first * unit_bytes;
  to->weight = 2 * (int32_t)(2 * first + half + zeros) - 2 * (int32_t)row;
  to->end = (last / 2 + 1) * unit_bytes;
}

void thimble_depthwise_narrow_s8(const thimble_call* call) {
  const thimble_layer* const layer = call->layer;
  const uint32_t kernel = layer->kernel_h, zero = (uint32_t)-layer->input_zero & 0xffffu;
  const uint32_t words = THIMBLE_NARROW_PLANE + THIMBLE_NARROW_RECORD + 4;
  thimble_word* const planes = call->scratch;
  thimble_narrow_row* const rows = (thimble_narrow_row*)(void*)(planes + words);
  narrow_run run;
  run.input = call->input.input;
  run.output = call->output + (layer->out_w - 1u) * layer->out_c;
  run.block = layer->weights;
  run.blocks = layer->out_c / 4u;
  run.block_bytes = 4 * (THIMBLE_DEPTHWISE_CONSTANTS - 4 + kernel * kernel);
  run.pixel_bytes = layer->in_c;
  run.row_bytes = call->input.row_bytes;
  run.width = layer->in_w;
  run.height = layer->in_h;
  run.zero = zero | zero << 16;
  run.padding = 0x01010101u * (uint8_t)layer->input_zero;
  run.kernel = kernel;
  run.planes = planes;
  run.records = planes + THIMBLE_NARROW_PLANE;
  run.rows = rows;
  run.rows_end = rows + layer->out_h;
  run.nudge = layer->relu ? 0 : 1u << 7; /* without relu all scales are 2^8 */
  run.plane_width = layer->in_w > 3 || kernel == 7 ? 5 : 3;
  for (uint32_t i = 0; i < words; ++i) planes[i] = 0;
  for (uint32_t row = 0; row < layer->out_h; ++row) set_row(layer, row, 4 * run.plane_width, rows + row);
  run_blocks(&run);
}

#else
void thimble_depthwise_narrow_s8(const thimble_call* call) { thimble_small_depthwise_s8(call); }
#endif
