#include "depthwise_stride_2.h"

#include "depthwise_driver.h"

/* Scratch that a layer may take so that more output rows are computed together. With 3x3, large inputs are where memory
 * is short: a 64th of them; of others, at most about a third. */
#define LARGE_INPUT 49152u
#define LEAST_BYTES_3X3 1536u
#define MOST_BYTES_3X3 4640u
#define BYTES_3X3 2560u
#define LEAST_BYTES 4096u
#define MOST_BYTES 6144u

static uint32_t most_bytes_of(const thimble_layer* layer) {
  const uint32_t input = (uint32_t)layer->in_h * layer->in_w * layer->in_c, is_3 = layer->kernel_h == 3;
  if (is_3 && input < LARGE_INPUT) return BYTES_3X3;
  const uint32_t least = is_3 ? LEAST_BYTES_3X3 : LEAST_BYTES, most = is_3 ? MOST_BYTES_3X3 : MOST_BYTES;
  const uint32_t part = is_3 ? input / 64 : input / 4 + input / 16;
  return part < least ? least : part < most ? part : most;
}

int thimble_depthwise_is_stride_2(const thimble_layer* layer) {
  const uint32_t kernel = layer->kernel_h;
  return layer->wide != THIMBLE_DEPTHWISE_GENERAL && layer->stride_h == 2 && layer->stride_w == 2 &&
         kernel == layer->kernel_w && (kernel == 3 || kernel == 5 || kernel == 7);
}

/* Rows that are padding are zeros with 3x3, and skipped with larger windows. */
static uint32_t rows_of(const thimble_layer* layer, uint32_t group) {
  const uint32_t kernel = layer->kernel_h, rows = 2 * group + kernel - 2;
  return group >= layer->out_h && kernel != 3 && layer->in_h < rows ? layer->in_h : rows;
}

/* 5x5 and 7x7: tiles may end behind the stage, and there is a list of them. */
__attribute__((noinline)) static uint32_t bytes_of(const thimble_stride_2_plan* plan, const thimble_layer* layer,
                                                   uint32_t group) {
  const uint32_t list = plan->kernel == 3 ? 0 : 12 * (group * (plan->tiles + 1) + 1) + 16;
  return 16 * (rows_of(layer, group) * plan->columns + plan->record_words) + 4 * group * layer->out_w + list;
}

static void plan_of(const thimble_layer* layer, thimble_stride_2_plan* plan) {
  const uint32_t kernel = layer->kernel_h, out_w = layer->out_w, out_h = layer->out_h;
  const uint32_t most = most_bytes_of(layer);
  plan->kernel = kernel;
  plan->tiles = (out_w + 4) * 52429u >> 18; /* a fifth */
  plan->columns = (kernel == 3 ? out_w : 5 * plan->tiles) + kernel / 2;
  plan->record_words = kernel == 3 ? 0 : 4 + (kernel + 1) / 2 * kernel;
  uint32_t group = bytes_of(plan, layer, out_h) <= most ? out_h : 1, calls = 1;
  while (group < out_h && bytes_of(plan, layer, group + 1) <= most) ++group;
  while (calls * group < out_h) ++calls;
  while (calls * (group - 1) >= out_h) --group; /* as many calls, alike */
  plan->group = group;
  plan->rows = rows_of(layer, group);
  plan->bytes = bytes_of(plan, layer, group);
}

uint32_t thimble_depthwise_stride_2_bytes(const thimble_layer* layer) {
  thimble_stride_2_plan plan;
  plan_of(layer, &plan);
  return plan.bytes;
}

thimble_depthwise_passes thimble_depthwise_stride_2_passes(const thimble_layer* layer) {
  thimble_stride_2_plan plan;
  thimble_depthwise_passes passes = {0, 0};
  plan_of(layer, &plan);
  while (passes.count * plan.group < layer->out_h) ++passes.count;
  passes.rows = passes.count * plan.rows;
  return passes;
}

#if THIMBLE_DEPTHWISE_FAST

typedef thimble_stride_2 context;

/* Pairs from pixel `first` in `column`. */
static void set_pairs(context* c, uint32_t first, uint32_t column) {
  const uint32_t in_c = c->layer->in_c, pixels = c->layer->in_w - first, room = c->plan.columns - column;
  c->column = column;
  c->map.columns = thimble_smaller(pixels / 2, room);
  c->map.row_bytes = in_c;
  c->from = (int32_t)(first * in_c);
  if (pixels % 2 != 0 && c->map.columns < room) {
    c->alone = 2;
    c->alone_pixel = c->layer->in_w - 1u;
    c->alone_column = column + c->map.columns;
  }
}

/* 3x3, an odd padding before an even width: from right to left, so that no pixel is alone. Such a layer is computed
 * from its last output to its first, with the window turned by half a circle. */
static void set_turned_pairs(context* c) {
  const thimble_layer* const layer = c->layer;
  const int32_t padding = 2 * (int32_t)layer->out_w + 1 - layer->in_w - layer->pad_left; /* after the last pixel */
  const int32_t last = (int32_t)layer->in_w - 1 + (padding < 0 ? padding : 0);
  c->column = padding < 0 ? 0 : (uint32_t)padding / 2;
  c->map.columns = thimble_smaller((uint32_t)(last + 1) / 2, c->plan.columns - c->column);
  c->map.row_bytes = 0u - layer->in_c;
  c->from = last * layer->in_c;
}

/* Which pixels make a word. 5x5 and 7x7: always an even pixel and the one after it, the weights are laid out for it. */
THIMBLE_RARE static void set_columns(context* c) {
  const thimble_layer* const layer = c->layer;
  const uint32_t odd = layer->kernel_h == 3 && layer->pad_left % 2u != 0;
  c->alone = 0;
  c->turned = odd && layer->in_w % 2u == 0;
  if (c->turned) {
    set_turned_pairs(c);
  } else if (odd) {
    set_pairs(c, 1, layer->pad_left / 2u + 1);
    c->alone = 1;
    c->alone_pixel = 0;
    c->alone_column = layer->pad_left / 2u;
  } else {
    set_pairs(c, 0, (layer->pad_left + 1u) / 2);
  }
  c->map.pixel_bytes = 2 * c->map.row_bytes;
  c->map.rest = c->call->input.row_bytes - c->map.columns * c->map.pixel_bytes - c->map.row_bytes;
  c->map.above = c->map.below = 0;
}

/* The words of all rows where no pixel ever is. */
THIMBLE_RARE static void clear_columns(const context* c) {
  const uint32_t columns = c->plan.columns;
  const uint32_t first = c->column - (c->alone == 1), end = c->column + c->map.columns + (c->alone == 2);
  thimble_word* row = c->planes;
  for (uint32_t left = c->plan.rows; left != 0; --left, row += 4 * columns) {
    thimble_depthwise_fill_zeros(row, 4 * first);
    thimble_depthwise_fill_zeros(row + 4 * end, 4 * (columns - end));
  }
}

/* A pixel beside padding, in each of the rows. */
static void fill_alone(const context* c, const int8_t* row, uint32_t count, uint32_t to) {
  const uint32_t zero = c->map.zero, shift = c->alone == 1 ? 16 : 0;
  const int8_t* pixel = row + c->alone_pixel * c->layer->in_c;
  for (to += 16 * c->alone_column; count != 0; --count, pixel += c->call->input.row_bytes, to += c->pitch) {
    thimble_word* const words = (thimble_word*)to;
    for (uint32_t i = 0; i < c->channels; ++i) words[i] = (((uint32_t)pixel[i] + zero) & 0xffffu) << shift;
  }
}

/* Rows that follow each other in the input; less than four channels: one row. */
static void fill_rows(context* c, const int8_t* row, uint32_t count, uint32_t to) {
  c->map.to = (thimble_word*)(to + 16 * c->column);
  c->map.units = count;
  if (c->channels < 4) {
    thimble_depthwise_fill_some_of_map(&c->map, row + c->from, c->channels);
  } else if (c->map.columns != 0) {
    thimble_depthwise_fill_map(&c->map, row + c->from);
  }
  if (c->alone != 0) fill_alone(c, row, count, to);
}

/* Input rows from `row` to `end`. */
static void fill_input(context* c, uint32_t row, uint32_t end, uint32_t to) {
  const thimble_view* const input = &c->call->input;
  if (c->channels == 4 && row >= input->saved && row < end) {
    fill_rows(c, input->input + row * input->row_bytes + c->channel, end - row, to);
    return;
  }
  for (; row < end; ++row, to += c->pitch) fill_rows(c, thimble_row(input, (int32_t)row) + c->channel, 1, to);
}

static void clear_rows(const context* c, uint32_t row, uint32_t end) {
  for (; row < end; ++row) thimble_depthwise_fill_zeros((thimble_word*)(c->base + row * c->pitch), 4 * c->plan.columns);
}

/* The group's rows from row `from` on; with 3x3, those that are padding, too. */
static void fill_group(context* c, uint32_t from) {
  const uint32_t end = 2 * c->steps + c->plan.kernel - 2;
  const uint32_t before = c->top < 0 ? (uint32_t)-c->top : 0;
  const uint32_t first = before > from ? before : from;
  uint32_t last = thimble_smaller(end, (uint32_t)(c->layer->in_h - c->top));
  if (last < first) last = first;
  if (c->changes && c->plan.kernel == 3) {
    clear_rows(c, from, first);
    clear_rows(c, last, end);
  }
  fill_input(c, (uint32_t)(c->top + (int32_t)first), (uint32_t)(c->top + (int32_t)last), c->base + first * c->pitch);
}

static void set_windows(context* c) {
  if (c->plan.kernel == 3) {
    c->first_window = c->turned ? c->base + 2 * c->steps * c->pitch : c->base;
    c->window_pitch = c->turned ? 0 - c->pitch : c->pitch;
  }
}

static void store(const context* c, int8_t* to) {
  const uint32_t out_c = c->layer->out_c, count = c->steps * c->layer->out_w, step = c->turned ? 0 - out_c : out_c;
  if (c->turned) to += (count - 1) * out_c;
  if (c->channels == 4) {
    thimble_depthwise_store_row(to, c->stage, step, count);
  } else {
    thimble_depthwise_store_some(to, c->stage, step, count, 1, c->channels);
  }
}

/* The rows that the next group shares with this one: with 3x3 it is one, which the next one is filled away from. */
static void carry_rows(context* c) {
  const uint32_t bytes = 2 * c->steps * c->pitch;
  if (c->plan.kernel == 3) {
    c->base += bytes;
    c->pitch = 0 - c->pitch;
    c->map.gap = c->pitch - 16 * c->map.columns;
  } else {
    thimble_copy((int8_t*)c->planes, (const int8_t*)(c->base + bytes), (c->plan.kernel - 2) * c->pitch);
  }
}

static void run_block(context* c, const thimble_stride_2_window* window) {
  const thimble_layer* const layer = c->layer;
  const uint32_t kernel = c->plan.kernel, row_bytes = (uint32_t)layer->out_w * layer->out_c;
  int8_t* output = c->call->output + c->channel;
  uint32_t left = c->call->count, kept = 0;
  const uint32_t in_one = left <= c->plan.group;
  c->changes = !in_one || c->channel == 0;
  c->top = (int32_t)(2 * c->call->first) - layer->pad_top;
  c->pitch = 16 * c->plan.columns;
  c->map.gap = c->pitch - 16 * c->map.columns;
  c->base = (uint32_t)c->planes;
  if (in_one && kernel != 3 && c->top < 0) c->base += (uint32_t)c->top * c->pitch;
  for (;;) {
    c->steps = thimble_smaller(c->plan.group, left);
    fill_group(c, kept);
    set_windows(c);
    window->compute(c);
    store(c, output);
    left -= c->steps;
    if (left == 0) return;
    output += c->steps * row_bytes;
    carry_rows(c);
    kept = kernel - 2;
    c->top += 2 * (int32_t)c->steps;
  }
}

void thimble_depthwise_stride_2(const thimble_call* call, const thimble_stride_2_window* window) {
  const thimble_layer* const layer = call->layer;
  const uint32_t zero = (uint32_t)-layer->input_zero & 0xffffu, fixed = layer->wide == THIMBLE_DEPTHWISE_FIXED;
  thimble_word records_3[4 * THIMBLE_RECORD_WORDS_3];
  context c;
  c.call = call;
  c.layer = layer;
  plan_of(layer, &c.plan);
  c.planes = call->scratch;
  c.records = c.planes + 4 * c.plan.rows * c.plan.columns;
  c.stage = c.records + 4 * c.plan.record_words;
  c.per_row = layer->out_w;
  if (c.plan.kernel == 3) {
    c.records = records_3;
  } else {
    c.per_row = 4 * c.plan.record_words;
    c.first_window = (uint32_t)(c.stage + c.plan.group * layer->out_w + 4);
    c.window_pitch = 16 * c.plan.columns;
  }
  c.map.zero = zero | zero << 16;
  c.form = fixed ? THIMBLE_RESULTS_FIXED : layer->relu ? THIMBLE_RESULTS_ANY_SHIFT : THIMBLE_RESULTS_NUDGED;
  set_columns(&c);
  clear_columns(&c);
  const uint32_t* block = layer->weights;
  for (c.channel = 0; c.channel < layer->out_c; c.channel += 4) {
    c.channels = thimble_smaller(4, layer->out_c - c.channel);
    window->fill_records(&c, block);
    run_block(&c, window);
    block += THIMBLE_DEPTHWISE_CONSTANTS + c.plan.kernel * c.plan.kernel;
  }
}

#endif
