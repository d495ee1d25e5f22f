/* Depthwise through planes of words: fills the ring, calls the functions in assembly, stores what they staged. */
#include "depthwise.h"

#if THIMBLE_DEPTHWISE_FAST

/* Not worth the bytes of speed, or of a second copy. */
#define RARE __attribute__((cold, noinline))
#define SHARED __attribute__((noinline))

typedef struct context {
  const thimble_call* call;
  const thimble_layer* layer;
  const thimble_depthwise_plan* plan;
  thimble_depthwise_function compute;
  thimble_word *table, *planes, *stage;
  thimble_depthwise_step* steps;
  uint32_t total_units, total_steps;
  uint32_t channels;                        /* of the block */
  uint32_t holds_all;                       /* the ring holds all units of an input that is in one piece */
  uint32_t inside, first_alone, last_alone; /* columns of a slot with two pixels; with one, the other is padding */
  uint32_t padding;                         /* a pixel of it */
  thimble_depthwise_fill fill;              /* what all fills have in common is set once; */
  thimble_depthwise_run run;                /* of the runs, too */
  int32_t top;                              /* input row of the first unit */
} context;

/* How a block's weights go into its records. */
typedef struct table {
  thimble_depthwise_pairs pairs; /* record and scales are set */
  thimble_word* words;
  const uint32_t* taps;
} table;

/* Pairs of weights `a` and `b` side by side, `count` from one word of the records to every `step`th. */
static void put_pairs(table* t, uint32_t at, uint32_t step, uint32_t a, uint32_t b, uint32_t count) {
  t->pairs.to = t->words + at;
  t->pairs.step = 4 * step;
  t->pairs.a = t->taps + a;
  t->pairs.b = t->taps + b;
  t->pairs.count = count;
  thimble_depthwise_put_pairs(&t->pairs);
}

static void put_constants(const table* t, const uint32_t* block, uint32_t at) {
  const uint32_t record = t->pairs.record / 4;
  thimble_word* to = t->words + at;
  for (uint32_t i = 0; i < 4; ++i, to += record, ++block) {
    to[0] = block[0];
    to[1] = block[4];
    to[2] = block[8];
    to[3] = block[12] << (block[8] >> 8);
  }
}

/* Where pairs of kernel rows (row, row + 1) go in a record: first column's word, words from column to column. */
typedef struct row_pair {
  uint8_t row, at, step;
} row_pair;

static const row_pair pairs_3[] = {{0, 0, 2}, {1, 1, 2}};
static const row_pair pairs_5[] = {{0, 0, 1}, {2, 5, 2}, {1, 6, 2}, {3, 15, 1}};
static const row_pair pairs_7[] = {{0, 0, 1}, {1, 7, 1}, {3, 14, 1}, {5, 21, 1}, {2, 32, 1}, {4, 39, 1}};

static void put_row_pairs(table* t, uint32_t kernel) {
  const row_pair* pair = kernel == 3 ? pairs_3 : kernel == 5 ? pairs_5 : pairs_7;
  for (uint32_t left = kernel - 1; left != 0; --left, ++pair)
    put_pairs(t, pair->at, pair->step, pair->row * kernel, (pair->row + 1u) * kernel, kernel);
}

/* 3x3, stride 2. The ring's even slots change places from step to step; so do the weights. */
RARE static void put_column_pairs_3(table* t, const uint32_t* block, uint32_t at, uint32_t first, uint32_t last) {
  put_pairs(t, at, 1, first, first + 1, 1);
  put_pairs(t, at + 1, 1, 3, 4, 1);
  put_pairs(t, at + 2, 1, last, last + 1, 1);
  put_pairs(t, at + 3, 1, first + 2, last + 2, 1);
  put_pairs(t, at + 4, 1, 5, 5, 1);
  put_constants(t, block, at + 5);
}

/* Rows of (kernel + 1) / 2 words, twice, so that they can be read from any row on. A last word's second weight meets a
 * column that is none of the window's: it is 0. */
static void put_column_pairs(table* t, uint32_t at, uint32_t kernel) {
  const uint32_t half = kernel / 2, words = kernel * (half + 1), record = t->pairs.record / 4;
  static const uint32_t none = 0;
  t->pairs.from_step = 4 * kernel;
  for (uint32_t j = 0; j < half; ++j) put_pairs(t, at + j, half + 1, 2 * j, 2 * j + 1, kernel);
  t->pairs.count = 1;
  for (uint32_t row = 0; row < kernel; ++row) {
    const uint32_t to = at + row * (half + 1), from = row * kernel;
    t->pairs.to = t->words + to + half;
    t->pairs.a = t->taps + from + kernel - 1;
    t->pairs.b = &none;
    thimble_depthwise_put_pairs(&t->pairs);
  }
  thimble_word* to = t->words + at;
  for (uint32_t i = 0; i < 4; ++i, to += record) thimble_copy((int8_t*)(to + words), (const int8_t*)to, 4 * words);
}

void thimble_depthwise_fill_table(const thimble_depthwise_plan* plan, const uint32_t* block, thimble_word* words) {
  const uint32_t record = plan->record_words, kernel = plan->kernel;
  table t;
  t.words = words;
  t.taps = block + THIMBLE_DEPTHWISE_CONSTANTS;
  t.pairs.record = 4 * record;
  t.pairs.from_step = 4;
  for (uint32_t i = 0; i < 4; ++i) t.pairs.scales[i] = 1u << (block[8 + i] >> 8);
  if (plan->stride == 1) {
    put_row_pairs(&t, kernel);
    put_constants(&t, block, kernel == 3 ? 6 : kernel == 5 ? 20 : 28);
  } else if (kernel == 3) {
    put_column_pairs_3(&t, block, 0, 0, 6);
    put_column_pairs_3(&t, block, 4 * record, 6, 0);
  } else {
    put_constants(&t, block, 0);
    put_column_pairs(&t, 4, kernel);
  }
}

/* As thimble_depthwise_fill_columns, for less than four channels. */
RARE static void fill_some_channels(thimble_depthwise_fill* fill, uint32_t channels) {
  for (; fill->columns != 0; --fill->columns, fill->a += fill->a_step, fill->b += fill->b_step) {
    const uint32_t minus_zero = fill->zero & 0xffffu;
    for (uint32_t i = 0; i < channels; ++i) {
      const uint32_t a = (uint32_t)fill->a[i] + minus_zero, b = (uint32_t)fill->b[i] + minus_zero;
      fill->to[i] = (a & 0xffffu) | b << 16;
    }
    fill->to += fill->to_step / 4;
  }
}

static void fill_columns(context* c, const int8_t* a, const int8_t* b, uint32_t columns) {
  thimble_depthwise_fill* const fill = &c->fill;
  if (columns == 0) return;
  fill->a = a;
  fill->b = b;
  fill->columns = columns;
  if (c->channels == 4) {
    thimble_depthwise_fill_columns(fill);
  } else {
    fill_some_channels(fill, c->channels);
  }
}

RARE static void fill_zeros(thimble_word* to, uint32_t words) {
  for (; words != 0; words -= 4, to += 4) to[0] = to[1] = to[2] = to[3] = 0;
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* Two rows, either of which may be padding. */
static void fill_two_rows(context* c, const int8_t* a, const int8_t* b, thimble_word* to) {
  const uint32_t in_c = c->layer->in_c;
  const int8_t* const padding = (const int8_t*)&c->padding;
  c->fill.to = to + 4u * c->layer->pad_left;
  if (a != NULL && b != NULL) {
    fill_columns(c, a, b, c->inside);
  } else if (a != NULL || b != NULL) {
    c->fill.a_step = a == NULL ? 0 : in_c;
    c->fill.b_step = b == NULL ? 0 : in_c;
    fill_columns(c, a == NULL ? padding : a, b == NULL ? padding : b, c->inside);
    c->fill.a_step = c->fill.b_step = in_c;
  } else if (c->total_units > c->plan->slots) {
    fill_zeros(c->fill.to, 4 * c->inside);
  }
}

/* One row, its columns two by two; the first and the last may have padding beside them. */
static void fill_one_row(context* c, const int8_t* row, thimble_word* to) {
  const uint32_t in_c = c->layer->in_c;
  const int8_t* const padding = (const int8_t*)&c->padding;
  c->fill.to = to + c->layer->pad_left / 2u * (c->fill.to_step / 4);
  if (row == NULL) {
    c->fill.a_step = c->fill.b_step = 0;
    fill_columns(c, padding, padding, c->inside + c->first_alone + c->last_alone);
    c->fill.a_step = c->fill.b_step = 2 * in_c;
    return;
  }
  if (c->first_alone) {
    fill_columns(c, padding, row, 1);
    row += in_c;
  }
  fill_columns(c, row, row + in_c, c->inside);
  if (c->last_alone) fill_columns(c, row + 2 * c->inside * in_c, padding, 1);
}

/* The columns of a slot that hold pixels. */
RARE static void set_columns(context* c) {
  const thimble_layer* const layer = c->layer;
  c->first_alone = c->last_alone = 0;
  if (c->plan->stride == 1) {
    c->inside = smaller(layer->in_w, layer->out_w - 1u + c->plan->kernel - layer->pad_left);
    return;
  }
  c->first_alone = layer->pad_left % 2u;
  const uint32_t pixels = layer->in_w - c->first_alone;
  const uint32_t room = c->plan->columns - layer->pad_left / 2u - c->first_alone;
  c->inside = smaller(pixels / 2, room);
  c->last_alone = pixels % 2 != 0 && c->inside < room;
}

/* The slot `by` slots on. */
static uint32_t slot_after(const thimble_depthwise_plan* plan, uint32_t slot, uint32_t by) {
  slot += by;
  return slot >= plan->slots ? slot - plan->slots : slot;
}

static int is_padding(const context* c, uint32_t unit) {
  const int32_t row = c->top + 2 * (int32_t)unit;
  return row < -1 || row >= (int32_t)c->layer->in_h;
}

/* Stride 1: units whose rows follow each other in the input, from `first` on. */
static uint32_t fill_units_at_once(context* c, uint32_t channel, uint32_t first, uint32_t slot, uint32_t most) {
  const thimble_view* const input = &c->call->input;
  const uint32_t row = (uint32_t)(c->top + 2 * (int32_t)first);
  if (c->channels < 4 || row >= input->height || row < input->saved) return 0;
  const uint32_t units = smaller(smaller(most, (input->height - row) / 2), c->plan->slots - slot);
  if (units == 0) return 0;
  const int8_t* const a = input->input + row * input->row_bytes + channel;
  c->fill.to = c->planes + slot * (c->plan->unit_bytes / 4) + 4u * c->layer->pad_left;
  c->fill.units = units;
  fill_columns(c, a, a + input->row_bytes, c->inside);
  return units;
}

/* Stride 1, the ring holds all units: those that are wholly padding stay as they are. */
static void fill_all_units(context* c, uint32_t channel) {
  thimble_depthwise_fill* const fill = &c->fill;
  const thimble_view* const input = &c->call->input;
  const uint32_t in_c = c->layer->in_c, empty = (uint32_t)-c->top / 2;
  const int8_t* row = input->input + channel;
  uint32_t rows = input->height, units = c->total_units - empty;
  fill->to = c->planes + empty * (c->plan->unit_bytes / 4) + 4u * c->layer->pad_left;
  fill->columns = c->inside;
  if (c->top & 1) {
    fill->a = (const int8_t*)&c->padding;
    fill->b = row;
    fill->a_step = 0;
    thimble_depthwise_fill_columns(fill);
    fill->a_step = in_c;
    fill->to += fill->to_gap / 4;
    row += input->row_bytes;
    --rows;
    --units;
  }
  const uint32_t pairs = smaller(rows / 2, units);
  if (pairs != 0) {
    fill->a = row;
    fill->b = row + input->row_bytes;
    fill->units = pairs;
    thimble_depthwise_fill_columns(fill);
    fill->to += fill->to_gap / 4;
    row += 2 * pairs * input->row_bytes;
  }
  if (rows % 2 != 0 && pairs < units) {
    fill->a = row;
    fill->b = (const int8_t*)&c->padding;
    fill->b_step = 0;
    thimble_depthwise_fill_columns(fill);
    fill->b_step = in_c;
  }
}

/* Stride 2: where a row is. With 3x3, odd rows are always between the two even ones. */
static uint32_t slot_of(const context* c, uint32_t unit, uint32_t slot) {
  if (c->plan->kernel != 3) return slot;
  return unit % 2 != 0 ? 1 : unit % 4;
}

/* The block's channels of an input row, or NULL. */
SHARED static const int8_t* row_of(const context* c, uint32_t channel, int32_t row) {
  const int8_t* const first = thimble_row(&c->call->input, row);
  return first == NULL ? NULL : first + channel;
}

static void fill_unit(context* c, uint32_t channel, uint32_t unit, uint32_t slot) {
  if (c->plan->stride == 2) {
    fill_one_row(c, row_of(c, channel, c->top + (int32_t)unit), c->planes + 4 * slot_of(c, unit, slot));
    return;
  }
  const int32_t row = c->top + 2 * (int32_t)unit;
  const int8_t* const a = row_of(c, channel, row);
  fill_two_rows(c, a, row_of(c, channel, row + 1), c->planes + slot * (c->plan->unit_bytes / 4));
}

/* Stride 1: where the units of a step are. */
static void locate_units(const context* c, uint32_t first_unit, uint32_t slot, thimble_depthwise_step* step) {
  const thimble_depthwise_plan* const plan = c->plan;
  const int32_t bytes = (int32_t)plan->unit_bytes, ring = bytes * (int32_t)plan->slots;
  const uint32_t last = plan->units - 1;
  uint32_t left = plan->slots - slot; /* slots until the ring begins anew */
  step->first = c->planes + slot * (plan->unit_bytes / 4);
  for (uint32_t i = 0; i < last; ++i) step->next[i] = --left == 0 ? bytes - ring : bytes;
  step->next[last] = (plan->slots - slot > last ? 0 : ring) - (int32_t)last * bytes;
  if (plan->kernel == 3) return;
  step->skip = (uint32_t)is_padding(c, first_unit) << 30 | (uint32_t)is_padding(c, first_unit + last) << 31;
}

/* 3x3, stride 1: steps that follow each other in the ring. */
static uint32_t locate_runs(const context* c, uint32_t slot, uint32_t steps) {
  const thimble_depthwise_plan* const plan = c->plan;
  const uint32_t last = plan->slots - 1;
  thimble_depthwise_step* run = c->steps;
  for (; steps != 0; ++run) {
    run->first = c->planes + slot * (plan->unit_bytes / 4);
    run->next[0] = slot == last ? -(int32_t)(last * plan->unit_bytes) : (int32_t)plan->unit_bytes;
    run->skip = slot == last ? 1 : smaller(steps, last - slot);
    steps -= run->skip;
    slot = slot_after(plan, slot, run->skip);
  }
  return (uint32_t)(run - c->steps);
}

/* Stride 2: which of the records' turns meets the slots. */
static void locate_weights(const context* c, uint32_t index, uint32_t slot, thimble_depthwise_step* step) {
  const uint32_t kernel = c->plan->kernel;
  step->first = c->planes;
  if (kernel == 3) {
    step->next[0] = index % 2 == 0 ? 0 : 16 * (int32_t)c->plan->record_words;
  } else {
    step->next[0] = slot == 0 ? 0 : (int32_t)(2 * (kernel + 1) * (kernel - slot));
  }
}

/* Stride 1: where `steps` steps are; how many members of c->steps tell it. */
static uint32_t locate(const context* c, uint32_t first_unit, uint32_t slot, uint32_t steps) {
  if (c->plan->kernel == 3) return locate_runs(c, slot, steps);
  for (uint32_t i = 0; i < steps; ++i, slot = slot_after(c->plan, slot, 1))
    locate_units(c, first_unit + i, slot, c->steps + i);
  return steps;
}

RARE static void store_some_channels(int8_t* to, const thimble_word* stage, uint32_t step, uint32_t count,
                                     uint32_t stride, uint32_t channels) {
  const int8_t* from = (const int8_t*)stage;
  for (; count != 0; --count, to += step, from += 4 * stride) {
    for (uint32_t i = 0; i < channels; ++i) to[i] = from[i];
  }
}

/* Stride 1: steps of `rows` rows each. */
static void store_steps(const context* c, int8_t* to, const thimble_word* stage, uint32_t rows, uint32_t steps) {
  const uint32_t out_c = c->layer->out_c, out_w = c->layer->out_w, row_bytes = out_w * out_c;
  if (c->channels == 4) {
    thimble_depthwise_store_two_rows(to, stage, out_c, out_w, rows == 2 ? row_bytes : 0, steps,
                                     8 * (c->plan->width - out_w));
    return;
  }
  for (; steps != 0; --steps, stage += c->plan->stage_bytes / 4) {
    for (uint32_t i = 0; i < rows; ++i, to += row_bytes)
      store_some_channels(to, stage + i, out_c, out_w, 2, c->channels);
  }
}

/* One block of channels, stride 1: `group` steps at a time. */
static void run_block_1(context* c, uint32_t channel) {
  const thimble_depthwise_plan* const plan = c->plan;
  const uint32_t row_bytes = (uint32_t)c->layer->out_w * c->layer->out_c;
  int8_t* output = c->call->output + channel;
  uint32_t next = 0, next_slot = 0, slot = 0, left = c->call->count, steps;
  for (uint32_t step = 0; step < c->total_steps; step += steps) {
    steps = smaller(plan->group, c->total_steps - step);
    if (c->holds_all && c->channels == 4) {
      fill_all_units(c, channel);
    } else {
      for (const uint32_t end = step + steps - 1 + plan->units; next < end;) {
        uint32_t filled = fill_units_at_once(c, channel, next, next_slot, end - next);
        if (filled == 0) {
          fill_unit(c, channel, next, next_slot);
          filled = 1;
        }
        next += filled;
        next_slot = slot_after(plan, next_slot, filled);
      }
    }
    /* In one group, the steps of all blocks are the same. */
    if (c->total_steps > plan->group || channel == 0) c->run.step_count = locate(c, step, slot, steps);
    slot = slot_after(plan, slot, steps);
    c->compute(&c->run);
    const uint32_t whole = smaller(steps, left / 2);
    if (whole != 0) store_steps(c, output, c->stage, 2, whole);
    output += whole * 2 * row_bytes;
    left -= whole * 2;
    if (whole < steps) store_steps(c, output, c->stage + whole * (plan->stage_bytes / 4), 1, 1);
  }
}

/* Stride 2: two rows with nothing beside them, in one call; how many rows that was. */
static uint32_t fill_rows_at_once(context* c, uint32_t channel, uint32_t unit, uint32_t slot) {
  const thimble_view* const input = &c->call->input;
  const uint32_t row = (uint32_t)(c->top + (int32_t)unit), in_c = c->layer->in_c, to_step = c->fill.to_step;
  if (c->channels < 4 || row >= input->height - 1u || row < input->saved) return 0;
  const uint32_t from = slot_of(c, unit, slot), to = slot_of(c, unit + 1, slot_after(c->plan, slot, 1));
  const int8_t* const a = input->input + row * input->row_bytes + channel;
  c->fill.to = c->planes + 4 * from + c->layer->pad_left / 2u * (to_step / 4);
  c->fill.units = 2;
  c->fill.gap = input->row_bytes - 2 * c->inside * in_c;
  c->fill.to_gap = 16 * (to - from) - c->inside * to_step;
  fill_columns(c, a, a + in_c, c->inside);
  return 2;
}

/* Stride 2: step by step. */
static void run_block_2(context* c, uint32_t channel) {
  const thimble_depthwise_plan* const plan = c->plan;
  const uint32_t out_c = c->layer->out_c, out_w = c->layer->out_w;
  int8_t* output = c->call->output + channel;
  const uint32_t rows_at_once = c->inside != 0 && c->first_alone + c->last_alone == 0;
  uint32_t next = 0, next_slot = 0, slot = 0;
  for (uint32_t step = 0; step < c->total_steps; ++step, output += out_w * out_c) {
    for (const uint32_t end = step * 2 + plan->units; next < end;) {
      uint32_t filled = rows_at_once && next + 1 < end ? fill_rows_at_once(c, channel, next, next_slot) : 0;
      if (filled == 0) {
        fill_unit(c, channel, next, next_slot);
        filled = 1;
      }
      next += filled;
      next_slot = slot_after(plan, next_slot, filled);
    }
    locate_weights(c, step, slot, c->steps);
    slot = slot_after(plan, slot, 2);
    c->compute(&c->run);
    if (c->channels == 4) {
      thimble_depthwise_store_row(output, c->stage, out_c, out_w);
    } else {
      store_some_channels(output, c->stage, out_c, out_w, 1, c->channels);
    }
  }
}

RARE static thimble_depthwise_function function_of(const thimble_layer* layer) {
  const uint32_t fixed = layer->wide == THIMBLE_DEPTHWISE_FIXED;
  if (layer->stride_h == 1) {
    if (layer->kernel_h == 3) return fixed ? thimble_depthwise_3x3_stride_1 : thimble_depthwise_3x3_stride_1_any_shift;
    if (layer->kernel_h == 5) return thimble_depthwise_5x5_stride_1;
    return thimble_depthwise_7x7_stride_1;
  }
  if (layer->kernel_h == 3) return fixed ? thimble_depthwise_3x3_stride_2 : thimble_depthwise_3x3_stride_2_any_shift;
  if (layer->kernel_h == 5) return thimble_depthwise_5x5_stride_2;
  return thimble_depthwise_7x7_stride_2;
}

void thimble_depthwise_planned(const thimble_call* call, const thimble_depthwise_plan* plan) {
  const thimble_layer* const layer = call->layer;
  const uint32_t zero = (uint32_t)-layer->input_zero & 0xffffu;
  const uint32_t block_words = THIMBLE_DEPTHWISE_CONSTANTS + plan->kernel * plan->kernel;
  context c;
  c.call = call;
  c.layer = layer;
  c.plan = plan;
  c.compute = function_of(layer);
  c.table = call->scratch;
  c.planes = c.table + plan->table_words;
  c.stage = c.planes + 4 * plan->slots * plan->columns;
  c.steps = (thimble_depthwise_step*)(void*)(c.stage + plan->group * plan->stage_bytes / 4);
  c.total_steps = plan->stride == 1 ? (call->count + 1) / 2 : call->count;
  c.total_units = (c.total_steps - 1) * plan->advance + plan->units;
  c.padding = 0x01010101u * (uint8_t)layer->input_zero;
  c.fill.a_step = c.fill.b_step = plan->stride * layer->in_c;
  c.fill.to_step = plan->column_bytes;
  c.fill.zero = zero | zero << 16;
  set_columns(&c);
  c.fill.units = 1;
  c.fill.gap = 2 * c.call->input.row_bytes - c.inside * layer->in_c;
  c.fill.to_gap = plan->unit_bytes - 16 * c.inside;
  c.run.table = c.table;
  c.run.stage = (int8_t*)c.stage;
  c.run.record_bytes = 4 * plan->record_words;
  c.run.steps = c.steps;
  c.run.width = plan->width;
  c.run.any_shift = layer->wide;
  c.run.step_count = 1;
  c.top = (int32_t)(call->first * layer->stride_h) - layer->pad_top;
  c.holds_all =
      c.total_units <= plan->slots && call->first == 0 && call->input.saved == 0 && layer->pad_top / 2u < c.total_units;
  fill_zeros(c.planes, 4 * plan->slots * plan->columns);
  const uint32_t* block = layer->weights;
  for (uint32_t channel = 0; channel < layer->out_c; channel += 4, block += block_words) {
    c.channels = smaller(4, layer->out_c - channel);
    thimble_depthwise_fill_table(plan, block, c.table);
    c.run.channels = c.channels;
    if (plan->stride == 1) {
      run_block_1(&c, channel);
    } else {
      run_block_2(&c, channel);
    }
  }
}

#else
typedef int thimble_depthwise_planned_is_empty; /* ISO C wants a declaration */
#endif
