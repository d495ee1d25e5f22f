/* Convolutions of at most three input channels: no columns are gathered, since windows are read where they lie.
 *
 * The columns of a band of kernel_h rows are widened into a line, two of them in a group of 2 * kernel_h * in_c
 * halfwords: the left one forwards, the right one backwards, each with channels 0 and 2 of all rows, then channel 1 of
 * all rows, which is what SXTB16 gives. A window that begins with a group is contiguous. Windows are two columns apart
 * in a line: with stride 1, even and odd outputs have lines of their own; with stride 2, the halves of the row. Two
 * lines alternate word by word. */
#include "gemm.h"

/* What is hot is assembly. */
#if defined(__arm__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif

/* Pairs of outputs at a time: they bound the scratch. Rows that are widened two at a time: they bound the stack. */
enum { kMostPairs = 24, kMostRows = 16 };

static uint32_t pairs_at_once(const thimble_layer* layer) {
  const uint32_t pairs = layer->out_w / 2u;
  if (thimble_gemm_is_wide(layer) || pairs == 0) return 1;
  return pairs < kMostPairs ? pairs : (uint32_t)kMostPairs;
}
/* Words of a group. */
static uint32_t group_words(const thimble_layer* layer) { return (uint32_t)layer->kernel_h * layer->in_c; }
/* Groups of `windows` windows. */
static uint32_t groups_of(const thimble_layer* layer, uint32_t windows) {
  return windows - 1 + (layer->kernel_w + 1u) / 2;
}

/* Zero points for a line of a row, which is read in words. */
static uint32_t zero_bytes(const thimble_layer* layer) {
  return thimble_round_up(2 * layer->in_c * groups_of(layer, pairs_at_once(layer)) + 2, 8);
}

/* Two lines, and three words that double_words may reach. */
static uint32_t line_bytes(const thimble_layer* layer) {
  return 8 * group_words(layer) * groups_of(layer, pairs_at_once(layer)) + 16;
}

uint32_t thimble_conv2d_few_scratch(const thimble_layer* layer) { return line_bytes(layer) + zero_bytes(layer); }

/* They lie after the lines. */
static int8_t* zero_row(const thimble_window* window) {
  const thimble_layer* const layer = window->layer;
  return (int8_t*)window->scratch + line_bytes(layer);
}

/* A line's next group, and how many words its words are apart. */
typedef struct line {
  const thimble_window* window;
  int32_t column; /* of the input, the first of the group */
  thimble_word* words;
  uint32_t step;
} line;

typedef int16_t __attribute__((may_alias)) half;

static void put_half(const line* to, uint32_t position, int32_t value) {
  ((half*)(to->words + (position >> 1) * to->step))[position & 1u] = (int16_t)value;
}

/* The pixel at a row's column, or zero points where there is none. */
static const int8_t* pixel_at(const thimble_layer* layer, const int8_t* row, uint32_t column, const int8_t* zeros) {
  return row != NULL && column < layer->in_w ? row + column * layer->in_c : zeros;
}

static void put_group(const line* to) {
  const thimble_layer* const layer = to->window->layer;
  const uint32_t in_c = layer->in_c, last = 2 * group_words(layer) - 1;
  const int8_t zero = layer->input_zero, zeros[3] = {zero, zero, zero};
  uint32_t even = 0, odd = layer->kernel_h * ((in_c + 1) / 2);
  for (uint32_t y = 0; y < layer->kernel_h; ++y) {
    const int8_t* const left = pixel_at(layer, to->window->rows[y], (uint32_t)to->column, zeros);
    const int8_t* const right = pixel_at(layer, to->window->rows[y], (uint32_t)to->column + 1, zeros);
    for (uint32_t c = 0; c < in_c; ++c) {
      const uint32_t position = (c & 1) != 0 ? odd++ : even++;
      put_half(to, position, left[c]);
      put_half(to, last - position, right[c]);
    }
  }
}

#if THIMBLE_DSP
/* The formatter would break lines of instructions apart. */
/* clang-format off */

/* Groups of three rows of three channels in every second word: 36 cycles each, and those of unaligned words. */
__attribute__((naked)) static void put_nines(const int8_t* first, const int8_t* second, const int8_t* third,
                                             thimble_word* to, uint32_t groups) {
  (void)first, (void)second, (void)third, (void)to, (void)groups;
  __asm__(
      "push {r4-r11, lr}\n"
      "ldr r12, [sp, #36]\n"
      "1:\n"
      "ldr r4, [r0], #2\n"        /* left 0, 1, 2, right 0 */
      "ldr r7, [r0], #4\n"        /* left 2, right 0, 1, 2 */
      "ldr r5, [r1], #2\n"
      "ldr r8, [r1], #4\n"
      "ldr r6, [r2], #2\n"
      "ldr r9, [r2], #4\n"
      "sxtb16 r10, r4\n"
      "str r10, [r3]\n"
      "sxtb16 r10, r5\n"
      "str r10, [r3, #8]\n"
      "sxtb16 r10, r6\n"
      "str r10, [r3, #16]\n"
      "sxtb16 r4, r4, ror #8\n"
      "sxtb16 r5, r5, ror #8\n"
      "pkhbt r4, r4, r5, lsl #16\n"
      "str r4, [r3, #24]\n"
      "sxtb16 r6, r6, ror #8\n"
      "sxtb16 r10, r9\n"
      "pkhbt r6, r6, r10\n"
      "str r6, [r3, #32]\n"
      "sxtb16 r10, r7\n"
      "sxtb16 r11, r8\n"
      "pkhtb r10, r10, r11, asr #16\n"
      "str r10, [r3, #40]\n"
      "sxtb16 r9, r9, ror #24\n"
      "str r9, [r3, #48]\n"
      "sxtb16 r8, r8, ror #24\n"
      "str r8, [r3, #56]\n"
      "sxtb16 r7, r7, ror #24\n"
      "str r7, [r3, #64]\n"
      "adds r3, #72\n"
      "subs r12, r12, #1\n"
      "bne 1b\n"
      "pop {r4-r11, pc}\n");
}
/* clang-format on */

/* Groups of two rows of one channel, `step` words from one to the next: 14 cycles each. */
static void put_twos(const int8_t* first, const int8_t* second, thimble_word* left, thimble_word* right, uint32_t step,
                     uint32_t groups) {
  uint32_t a, b;
  __asm__ volatile(
      "1:\n"
      "ldrh %[a], [%[first]], #2\n"
      "ldrh %[b], [%[second]], #2\n"
      "orr %[a], %[a], %[b], lsl #16\n"
      "sxtb16 %[b], %[a]\n"
      "sxtb16 %[a], %[a], ror #24\n"
      "str %[b], [%[left]]\n"
      "str %[a], [%[right]]\n"
      "add %[left], %[left], %[step]\n"
      "add %[right], %[right], %[step]\n"
      "subs %[groups], %[groups], #1\n"
      "bne 1b\n"
      : [a] "=&r"(a), [b] "=&r"(b), [first] "+r"(first), [second] "+r"(second), [left] "+r"(left), [right] "+r"(right),
        [groups] "+r"(groups)
      : [step] "r"(4 * step)
      : "memory", "cc");
}

/* Column `column` of a line is padding. */
static void put_padding(const line* to, uint32_t column) {
  const uint32_t words = group_words(to->window->layer), first = column / 2 * words;
  const uint32_t zero = 0x00010001u * (uint16_t)to->window->layer->input_zero;
  thimble_word* word = to->words + (first + ((column & 1) != 0 ? (words + 1) / 2 : 0)) * to->step;
  for (uint32_t i = words / 2; i != 0; --i, word += to->step) *word = zero;
  if (words % 2 != 0) ((half*)(to->words + (first + words / 2) * to->step))[column & 1] = (int16_t)zero;
}

/* Writes some of the next groups, all at once where every row that is read beyond has a neighbour. Returns how many. */
static uint32_t put_some(const line* to, uint32_t groups) {
  const thimble_window* const window = to->window;
  const thimble_layer* const layer = window->layer;
  const int32_t in_w = layer->in_w, apart = window->call->input.ring_rows != 0;
  const int32_t begin = window->top < 1 || apart ? 0 : -in_w;
  const int32_t end = window->top + layer->kernel_h >= layer->in_h || apart ? in_w : 2 * in_w - 1;
  const int nines = layer->in_c == 3 && layer->kernel_h == 3 && to->step == 2;
  const int twos = layer->in_c == 1 && layer->kernel_h % 2 == 0 && layer->kernel_h <= kMostRows;
  if (!(nines || twos) || to->column < begin || to->column + 2 > end) {
    put_group(to);
    return 1;
  }
  const int8_t* at[kMostRows];
  const uint32_t inside = (uint32_t)(end - to->column) / 2, now = inside < groups ? inside : groups;
  const int8_t* const zeros = zero_row(window);
  const int32_t from = to->column * layer->in_c;
  for (uint32_t y = 0; y < layer->kernel_h; ++y) at[y] = window->rows[y] == NULL ? zeros : window->rows[y] + from;
  if (nines) {
    put_nines(at[0], at[1], at[2], to->words, now);
  } else {
    const uint32_t rows = layer->kernel_h;
    for (uint32_t y = 0; y < rows; y += 2)
      put_twos(at[y], at[y + 1], to->words + y / 2 * to->step, to->words + (rows - 1 - y / 2) * to->step,
               rows * to->step, now);
  }
  const int32_t last = to->column + 2 * (int32_t)now;
  for (int32_t column = to->column; column < 0; ++column) put_padding(to, (uint32_t)(column - to->column));
  for (int32_t column = to->column > in_w ? to->column : in_w; column < last; ++column)
    put_padding(to, (uint32_t)(column - to->column));
  return now;
}
#else
static uint32_t put_some(const line* to, uint32_t groups) {
  (void)groups;
  put_group(to);
  return 1;
}
#endif

static void put_groups(line to, uint32_t groups) {
  const uint32_t words = group_words(to.window->layer) * to.step;
  while (groups != 0) {
    const uint32_t now = put_some(&to, groups);
    groups -= now, to.words += now * words, to.column += 2 * (int32_t)now;
  }
}

/* Doubles the halves of some words, and of up to three more. */
static void double_words(thimble_word* words, uint32_t count, uint32_t doublings) {
#if THIMBLE_DSP
  for (; doublings != 0; --doublings) {
    thimble_word *at = words, *const end = words + thimble_round_up(count, 4);
    uint32_t a, b, c, d;
    __asm__ volatile(
        "1:\n"
        "ldr %[a], [%[at]]\n"
        "ldr %[b], [%[at], #4]\n"
        "ldr %[c], [%[at], #8]\n"
        "ldr %[d], [%[at], #12]\n"
        "sadd16 %[a], %[a], %[a]\n"
        "sadd16 %[b], %[b], %[b]\n"
        "sadd16 %[c], %[c], %[c]\n"
        "sadd16 %[d], %[d], %[d]\n"
        "str %[b], [%[at], #4]\n"
        "str %[c], [%[at], #8]\n"
        "str %[d], [%[at], #12]\n"
        "str %[a], [%[at]], #16\n"
        "cmp %[at], %[end]\n"
        "bne 1b\n"
        : [at] "+r"(at), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d)
        : [end] "r"(end)
        : "memory", "cc");
  }
#else
  thimble_gemm_double(words, count, doublings);
#endif
}

/* The column where the window of output x begins. */
static int32_t column_at(const thimble_layer* layer, uint32_t x) {
  return (int32_t)(x * layer->stride_w) - layer->pad_left;
}

/* Outputs x, x + step, ... and those `second` after them. */
static void compute_pairs(const thimble_window* window, thimble_gemm* gemm, int8_t* output, uint32_t x, uint32_t second,
                          uint32_t step, uint32_t pairs) {
  const thimble_layer* const layer = window->layer;
  thimble_word* const words = window->scratch;
  const line first = {window, column_at(layer, x), words, 2};
  const line other = {window, column_at(layer, x + second), words + 1, 2};
  put_groups(first, groups_of(layer, pairs));
  put_groups(other, groups_of(layer, pairs));
  double_words(words, 2 * group_words(layer) * groups_of(layer, pairs), gemm->doublings);
  gemm->distance = second * layer->out_c;
  gemm->offset = pairs == 1 ? 0 : 8 * group_words(layer);
  gemm->next = pairs == 1 ? 0 : step * layer->out_c - 2 * gemm->distance;
  gemm->column = words - gemm->offset / 4;
  gemm->output = output + x * layer->out_c - (int32_t)gemm->next;
  gemm->pairs = pairs;
  thimble_gemm_two(gemm);
}

static void compute_single(const thimble_window* window, thimble_gemm* gemm, int8_t* output, uint32_t x) {
  const thimble_layer* const layer = window->layer;
  if (thimble_gemm_is_wide(layer)) {
    compute_pairs(window, gemm, output, x, 0, 0, 1);
    return;
  }
  const line to = {window, column_at(layer, x), window->scratch, 1};
  put_groups(to, groups_of(layer, 1));
  double_words(to.words, group_words(layer) * groups_of(layer, 1), gemm->doublings);
  gemm->column = window->scratch;
  gemm->output = output + x * layer->out_c;
  thimble_gemm_one(gemm);
}

void thimble_conv2d_few(const thimble_window* window, int8_t* output) {
  const thimble_layer* const layer = window->layer;
  thimble_gemm gemm = thimble_gemm_of(window);
  const uint32_t pairs = layer->out_w / 2u, most = pairs_at_once(layer);
  const uint32_t step = layer->stride_w == 1 ? 2 : 1, second = layer->stride_w == 1 ? 1 : pairs;
  gemm.rows = NULL;
  if (window->top < 0 || window->top + layer->kernel_h > layer->in_h)
    thimble_fill(zero_row(window), layer->input_zero, zero_bytes(layer));
  for (uint32_t done = 0; done < pairs; done += most)
    compute_pairs(window, &gemm, output, step * done, second, step, pairs - done < most ? pairs - done : most);
  if (layer->out_w % 2u != 0) compute_single(window, &gemm, output, layer->out_w - 1u);
}
