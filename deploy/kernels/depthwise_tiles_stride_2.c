/* Depthwise 5x5 and 7x7, stride 2: tiles of five outputs of a row. */
#include "depthwise_driver.h"
#include "depthwise_dsp.h"
#include "depthwise_stride_2.h"

#if THIMBLE_DEPTHWISE_FAST

/* What to do, one after the other, is a list; `code` is one of the addresses below. */
typedef struct tile_item {
  const thimble_word* stage; /* of the tile's first output */
  uint32_t at; /* the tile's first column that is no padding; of weights, bytes from the record to the first one */
  uint32_t code;
} tile_item;

/* A channel's record: multiplier, addend, bias, shift (a byte); per row of the window (kernel + 1) / 2 words of two
 * weights. */

/* Tiles: the code of the window's first row, each row's being TILE_BYTES long. Those that skip rows begin at a later
 * one; the weights are loaded so that the last row's code meets the last row that is no padding. */
extern const char thimble_depthwise_tile_5x5[], thimble_depthwise_tile_7x7[];
extern const char thimble_depthwise_weights_5x5[], thimble_depthwise_weights_7x7[], thimble_depthwise_channel_end[];
#define TILE_BYTES(kernel) (4u * (((kernel) + 1u) / 2 * 7 + 5))

/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* In a tile's rows: r0-r4: sums; r5-r10: words of neighbouring columns; r11: bytes from a row to the next; r12: the
 * window's first word in the row; lr: weights. s0-s27: weights, the last row's last; s28-s31: multiplier, addend, bias,
 * shift. The flags tell how sums become results and stay as they are while a channel is computed. */
#define LIST "[sp, #0]"
#define CHANNEL_AT "[sp, #4]" /* the channel's words in a column */
#define STAGE_AT "[sp, #8]"   /* of the tile */
#define RECORDS "[sp, #12]"   /* the channel's record */
#define LEFT "[sp, #16]"      /* channels */
#define RECORD_BYTES "[sp, #20]"
#define LIST_BEGIN "[sp, #24]"
#define FORM "[sp, #28]"

#define LOAD(to, column) "ldr.w " to ", [r12, #16 * " column "]\n"
#define WEIGHT(w) VMOV("lr", w)
#define DOTS_5(a, b, c, d, e) MAC("smlad", "r0", a, "lr") MAC("smlad", "r1", b, "lr") MAC("smlad", "r2", c, "lr") \
  MAC("smlad", "r3", d, "lr") MAC("smlad", "r4", e, "lr")
#define NEXT_ROW "add.w r12, r12, r11\n"

#define ROW_5(w0, w1, w2) \
  LOAD("r5", "0") LOAD("r6", "1") LOAD("r7", "2") LOAD("r8", "3") LOAD("r9", "4") LOAD("r10", "5") \
  WEIGHT(w0) DOTS_5("r5", "r6", "r7", "r8", "r9") WEIGHT(w1) DOTS_5("r6", "r7", "r8", "r9", "r10") \
  LOAD("r6", "6") NEXT_ROW WEIGHT(w2) DOTS_5("r7", "r8", "r9", "r10", "r6")
#define ROW_7(w0, w1, w2, w3) \
  LOAD("r5", "0") LOAD("r6", "1") LOAD("r7", "2") LOAD("r8", "3") LOAD("r9", "4") LOAD("r10", "5") \
  WEIGHT(w0) DOTS_5("r5", "r6", "r7", "r8", "r9") WEIGHT(w1) DOTS_5("r6", "r7", "r8", "r9", "r10") \
  LOAD("r5", "6") LOAD("r6", "7") NEXT_ROW \
  WEIGHT(w2) DOTS_5("r7", "r8", "r9", "r10", "r5") WEIGHT(w3) DOTS_5("r8", "r9", "r10", "r5", "r6")
#define ROWS_5 ROW_5("s0", "s1", "s2") ROW_5("s3", "s4", "s5") ROW_5("s6", "s7", "s8") ROW_5("s9", "s10", "s11") \
  ROW_5("s12", "s13", "s14")
#define ROWS_7 ROW_7("s0", "s1", "s2", "s3") ROW_7("s4", "s5", "s6", "s7") ROW_7("s8", "s9", "s10", "s11") \
  ROW_7("s12", "s13", "s14", "s15") ROW_7("s16", "s17", "s18", "s19") ROW_7("s20", "s21", "s22", "s23") \
  ROW_7("s24", "s25", "s26", "s27")

/* The next item; sums begin with the bias. */
#define NEXT_ITEM                      \
  "ldr r5, " LIST "\n"                 \
  "ldr r6, " CHANNEL_AT "\n"           \
  "ldm r5!, {r7, r12, lr}\n"           \
  VMOV("r0", "s30")                    \
  "str r5, " LIST "\n"                 \
  "add r7, r7, r6, lsr #2\n"           \
  "mov r1, r0\nmov r2, r0\nmov r3, r0\nmov r4, r0\n" \
  "add r12, r12, r6\n"                 \
  "str r7, " STAGE_AT "\n"             \
  "bx lr\n"

#define FIXED(x) SCALE_FIXED(x, "r5", "r6", "") SSAT_LARGE_FIXED(x)
#define NUDGED(x) SCALE_ANY(x, "r5", "r6", "r8") "asr " x ", " x ", r7\n" SSAT_ANY(x)
#define ANY_SHIFT(x) SCALE_FIXED(x, "r5", "r6", "") "asr " x ", " x ", r7\n" SSAT_ANY(x)

#define CODE(name) ".global " name "\n" name ":\n"

__attribute__((naked)) static void run_tiles(const thimble_stride_2* c) {
  (void)c;
  __asm__(
      "push {r4-r11, lr}\n"
      "vpush {s16-s31}\n"
      "ldm r0, {r1-r8}\n"
      "sub sp, sp, #36\n"
      "mov r11, r7\n"
      "movs r0, #0\n"
      "strd r6, r0, " LIST "\n"
      "str r1, " RECORDS "\n"
      "strd r3, r5, " LEFT "\n"
      "strd r6, r8, " LIST_BEGIN "\n"
      "10:\n"
      "ldr r0, " RECORDS "\n"
      "ldr r1, " FORM "\n"
      "vldm r0, {s28-s31}\n"
      "cmp r1, #1\n"
      "11:\n"
      NEXT_ITEM
      CODE("thimble_depthwise_tile_7x7") ROWS_7 "b.w 1f\n"
      CODE("thimble_depthwise_tile_5x5") ROWS_5
      "1:\n"
      VMOV("r5", "s28") VMOV("r6", "s29")
      "bge.w 21f\n"
      FIXED("r0") FIXED("r1") FIXED("r2") FIXED("r3") FIXED("r4")
      "2:\n"
      "ldr r7, " STAGE_AT "\n"
      "strb r0, [r7]\nstrb r1, [r7, #4]\nstrb r2, [r7, #8]\nstrb r3, [r7, #12]\nstrb r4, [r7, #16]\n"
      NEXT_ITEM
      "21:\n"
      VMOV("r7", "s31")
      "bgt.w 22f\n"
      ANY_SHIFT("r0") ANY_SHIFT("r1") ANY_SHIFT("r2") ANY_SHIFT("r3") ANY_SHIFT("r4")
      "b.w 2b\n"
      "22:\n"
      NUDGED("r0") NUDGED("r1") NUDGED("r2") NUDGED("r3") NUDGED("r4")
      "b.w 2b\n"
      CODE("thimble_depthwise_weights_5x5")
      "ldr r5, " RECORDS "\n"
      "sub r12, r12, r6\n"
      "add r12, r12, r5\n"
      "vldm r12, {s0-s14}\n"
      "b.w 11b\n"
      CODE("thimble_depthwise_weights_7x7")
      "ldr r5, " RECORDS "\n"
      "sub r12, r12, r6\n"
      "add r12, r12, r5\n"
      "vldm r12, {s0-s27}\n"
      "b.w 11b\n"
      CODE("thimble_depthwise_channel_end")
      "ldrd r0, r1, " LEFT "\n"
      "ldr r2, " LIST_BEGIN "\n"
      "ldr r4, " RECORDS "\n"
      "subs r0, #1\n"
      "beq 12f\n"
      "add r4, r4, r1\n"
      "adds r6, #4\n"
      "str r0, " LEFT "\n"
      "strd r2, r6, " LIST "\n"
      "str r4, " RECORDS "\n"
      "b.w 10b\n"
      "12:\n"
      "add sp, sp, #36\n"
      "vpop {s16-s31}\n"
      "pop {r4-r11, pc}\n");
}
/* clang-format on */

typedef uint16_t __attribute__((may_alias)) half_word;

/* An odd padding has 0 before a row's first weight, an even one has it after the last. */
static void fill_records(const thimble_stride_2* c, const uint32_t* block) {
  static const uint8_t even_5[] = {20, 12, 5, 0, 4, 16, 5, 8, 12, 20, 5, 16, 16, 24, 0, 0, 12, 0};
  static const uint8_t odd_5[] = {20, 12, 5, 0, 0, 16, 5, 4, 8, 20, 5, 12, 16, 24, 0, 0, 12, 0};
  static const uint8_t even_7[] = {28, 16, 7, 0, 4, 16, 7, 8, 12, 20, 7, 16, 20, 24, 7, 24, 24, 28, 0, 0, 12, 0};
  static const uint8_t odd_7[] = {28, 16, 7, 0, 0, 16, 7, 4, 8, 20, 7, 12, 16, 24, 7, 20, 24, 28, 0, 0, 12, 0};
  const uint32_t kernel = c->plan.kernel, odd = c->layer->pad_left % 2u, record = 4 * c->plan.record_words;
  const uint8_t* const layout = kernel == 5 ? (odd ? odd_5 : even_5) : (odd ? odd_7 : even_7);
  thimble_stride_2_records(block, c->records, record, layout);
  half_word* none = (half_word*)(c->records + 4) + (odd ? 0 : kernel);
  for (uint32_t left = kernel; left != 0; --left, none += kernel + 1)
    none[0] = none[record / 2] = none[record] = none[3 * record / 2] = 0;
}

static tile_item* put_item(tile_item* item, const thimble_word* stage, uint32_t at, const char* code) {
  item->stage = stage;
  item->at = at;
  item->code = (uint32_t)code + 1; /* Thumb */
  return item + 1;
}

/* What a group's tiles are. A row's last one may reach into the next row's stage, which is written later. */
THIMBLE_RARE static void fill_list(const thimble_stride_2* c) {
  const uint32_t kernel = c->plan.kernel, is_5 = kernel == 5, in_h = c->layer->in_h;
  const char* const code = is_5 ? thimble_depthwise_tile_5x5 : thimble_depthwise_tile_7x7;
  const char* const weights = is_5 ? thimble_depthwise_weights_5x5 : thimble_depthwise_weights_7x7;
  const thimble_word* stage = c->stage;
  tile_item* item = (tile_item*)c->first_window;
  uint32_t base = c->base, loaded = kernel;
  int32_t top = c->top;
  for (uint32_t left = c->steps; left != 0; --left, top += 2, base += 2 * c->pitch, stage += c->layer->out_w) {
    const uint32_t before = top < 0 ? (uint32_t)-top : 0, end = (uint32_t)(top + (int32_t)kernel);
    const uint32_t behind = end > in_h ? end - in_h : 0;
    if (behind != loaded) item = put_item(item, stage, 16 - behind * 4 * (kernel / 2 + 1), weights);
    loaded = behind;
    const uint32_t at = base + before * c->pitch;
    for (uint32_t i = 0; i < c->plan.tiles; ++i)
      item = put_item(item, stage + 5 * i, at + 80 * i, code + (before + behind) * TILE_BYTES(kernel));
  }
  put_item(item, stage, 0, thimble_depthwise_channel_end);
}

static void compute(const thimble_stride_2* c) {
  if (c->changes) fill_list(c);
  run_tiles(c);
}

void thimble_depthwise_tiles_stride_2(const thimble_call* call) {
  static const thimble_stride_2_window window = {fill_records, compute};
  thimble_depthwise_stride_2(call, &window);
}

#else
typedef int thimble_depthwise_tiles_stride_2_is_empty; /* ISO C wants a declaration */
#endif
