/* Depthwise of stride 1 through planes of words: fills the ring, calls the functions in assembly, stores what they
 * staged. */
#include "depthwise_driver.h"

#if THIMBLE_DEPTHWISE_FAST

typedef struct context {
  const thimble_call* call;
  const thimble_layer* layer;
  const thimble_depthwise_plan* plan;
  thimble_depthwise_function compute;
  thimble_word *table, *planes, *stage;
  thimble_depthwise_step* steps;
  uint32_t total_units, total_steps;
  uint32_t channels;           /* of the block */
  uint32_t inside;             /* columns of a slot that hold pixels */
  uint32_t padding;            /* a pixel of it */
  thimble_depthwise_fill fill; /* what all fills have in common is set once; */
  thimble_depthwise_run run;   /* of the runs, too */
  int32_t top;                 /* input row of the first unit */
} context;

/* Where pairs of kernel rows (row, row + 1) go in a record: first column's word, words from column to column. */
typedef struct row_pair {
  uint8_t row, at, step;
} row_pair;

static const row_pair pairs_5[] = {{0, 0, 1}, {2, 5, 2}, {1, 6, 2}, {3, 15, 1}};
static const row_pair pairs_7[] = {{0, 0, 1}, {1, 7, 1}, {3, 14, 1}, {5, 21, 1}, {2, 32, 1}, {4, 39, 1}};

static void put_row_pairs(thimble_depthwise_table* t, uint32_t kernel) {
  const row_pair* pair = kernel == 5 ? pairs_5 : pairs_7;
  for (uint32_t left = kernel - 1; left != 0; --left, ++pair)
    thimble_depthwise_put(t, pair->at, pair->step, pair->row * kernel, (pair->row + 1u) * kernel, kernel);
}

static void put_larger(const thimble_depthwise_plan* plan, const uint32_t* block, thimble_word* words) {
  const uint32_t kernel = plan->kernel;
  thimble_depthwise_table t;
  thimble_depthwise_start_table(&t, plan, block, words);
  put_row_pairs(&t, kernel);
  thimble_depthwise_put_constants(&t, block, kernel == 5 ? 20 : 28);
}

static inline void fill_table(const thimble_depthwise_plan* plan, const uint32_t* block, thimble_word* words) {
  if (plan->kernel == 3) {
    thimble_depthwise_3x3_records(block, words);
  } else {
    put_larger(plan, block, words);
  }
}

/* Two rows, either of which may be padding. */
static void fill_two_rows(context* c, const int8_t* a, const int8_t* b, thimble_word* to) {
  const uint32_t in_c = c->layer->in_c;
  const int8_t* const padding = (const int8_t*)&c->padding;
  c->fill.to = to + 4u * c->layer->pad_left;
  if (a != NULL && b != NULL) {
    thimble_depthwise_fill_pixels(&c->fill, a, b, c->inside, c->channels);
  } else if (a != NULL || b != NULL) {
    c->fill.a_step = a == NULL ? 0 : in_c;
    c->fill.b_step = b == NULL ? 0 : in_c;
    thimble_depthwise_fill_pixels(&c->fill, a == NULL ? padding : a, b == NULL ? padding : b, c->inside, c->channels);
    c->fill.a_step = c->fill.b_step = in_c;
  } else if (c->total_units > c->plan->slots) {
    thimble_depthwise_fill_zeros(c->fill.to, 4 * c->inside);
  }
}

static int is_padding(const context* c, uint32_t unit) {
  const int32_t row = c->top + 2 * (int32_t)unit;
  return row < -1 || row >= (int32_t)c->layer->in_h;
}

/* Units whose rows follow each other in the input, from `first` on. */
static uint32_t fill_units_at_once(context* c, uint32_t channel, uint32_t first, uint32_t slot, uint32_t most) {
  const thimble_view* const input = &c->call->input;
  const uint32_t row = (uint32_t)(c->top + 2 * (int32_t)first);
  if (c->channels < 4 || row >= input->height || row < input->saved) return 0;
  const uint32_t units = thimble_smaller(thimble_smaller(most, (input->height - row) / 2), c->plan->slots - slot);
  if (units == 0) return 0;
  const int8_t* const a = input->input + row * input->row_bytes + channel;
  c->fill.to = c->planes + slot * (c->plan->unit_bytes / 4) + 4u * c->layer->pad_left;
  c->fill.units = units;
  thimble_depthwise_fill_pixels(&c->fill, a, a + input->row_bytes, c->inside, c->channels);
  return units;
}

/* The block's channels of an input row, or NULL. */
THIMBLE_SHARED static const int8_t* row_of(const context* c, uint32_t channel, int32_t row) {
  const int8_t* const first = thimble_row(&c->call->input, row);
  return first == NULL ? NULL : first + channel;
}

static void fill_unit(context* c, uint32_t channel, uint32_t unit, uint32_t slot) {
  const int32_t row = c->top + 2 * (int32_t)unit;
  const int8_t* const a = row_of(c, channel, row);
  fill_two_rows(c, a, row_of(c, channel, row + 1), c->planes + slot * (c->plan->unit_bytes / 4));
}

/* 5x5 and 7x7: where the units of a step are. */
static void locate_units(const context* c, uint32_t first_unit, uint32_t slot, thimble_depthwise_step* step) {
  const thimble_depthwise_plan* const plan = c->plan;
  const int32_t bytes = (int32_t)plan->unit_bytes;
  const uint32_t last = plan->units - 1, wraps = plan->slots - slot; /* after so many units the ring begins anew */
  step->first = c->planes + slot * (plan->unit_bytes / 4);
  step->next[0] = step->next[1] = step->next[2] = bytes;
  step->next[last] = -(int32_t)last * bytes;
  if (wraps <= last) {
    const int32_t ring = bytes * (int32_t)plan->slots;
    step->next[wraps - 1] -= ring;
    step->next[last] += ring;
  }
  step->skip = (uint32_t)is_padding(c, first_unit) << 28 | (uint32_t)is_padding(c, first_unit + last) << 29;
}

/* 3x3: steps that follow each other in the ring. */
static uint32_t locate_runs(const context* c, uint32_t slot, uint32_t steps) {
  const thimble_depthwise_plan* const plan = c->plan;
  const uint32_t last = plan->slots - 1;
  thimble_depthwise_step* run = c->steps;
  for (; steps != 0; ++run) {
    run->first = c->planes + slot * (plan->unit_bytes / 4);
    run->next[0] = slot == last ? -(int32_t)(last * plan->unit_bytes) : (int32_t)plan->unit_bytes;
    run->next[1] = 0;
    run->skip = slot == last ? 1 : thimble_smaller(steps, last - slot);
    steps -= run->skip;
    slot = thimble_depthwise_slot_after(plan, slot, run->skip);
  }
  return (uint32_t)(run - c->steps);
}

/* Where `steps` steps are; how many members of c->steps tell it. */
static uint32_t locate(const context* c, uint32_t first_unit, uint32_t slot, uint32_t steps) {
  if (c->plan->kernel == 3) return locate_runs(c, slot, steps);
  for (uint32_t i = 0; i < steps; ++i, slot = thimble_depthwise_slot_after(c->plan, slot, 1))
    locate_units(c, first_unit + i, slot, c->steps + i);
  return steps;
}

/* Steps of `rows` rows each. */
static void store_steps(const context* c, int8_t* to, const thimble_word* stage, uint32_t rows, uint32_t steps) {
  const uint32_t out_c = c->layer->out_c, out_w = c->layer->out_w, row_bytes = out_w * out_c;
  if (c->channels == 4) {
    thimble_depthwise_store_two_rows(to, stage, out_c, out_w, rows == 2 ? row_bytes : 0, steps,
                                     8 * (c->plan->width - out_w));
    return;
  }
  for (; steps != 0; --steps, stage += c->plan->stage_bytes / 4) {
    for (uint32_t i = 0; i < rows; ++i, to += row_bytes)
      thimble_depthwise_store_some(to, stage + i, out_c, out_w, 2, c->channels);
  }
}

/* One block of channels: `group` steps at a time. */
static void run_block(context* c, uint32_t channel) {
  const thimble_depthwise_plan* const plan = c->plan;
  const uint32_t row_bytes = (uint32_t)c->layer->out_w * c->layer->out_c;
  int8_t* output = c->call->output + channel;
  uint32_t next = 0, next_slot = 0, slot = 0, left = c->call->count, steps;
  for (uint32_t step = 0; step < c->total_steps; step += steps) {
    steps = thimble_smaller(plan->group, c->total_steps - step);
    for (const uint32_t end = step + steps - 1 + plan->units; next < end;) {
      uint32_t filled = fill_units_at_once(c, channel, next, next_slot, end - next);
      if (filled == 0) {
        fill_unit(c, channel, next, next_slot);
        filled = 1;
      }
      next += filled;
      next_slot = thimble_depthwise_slot_after(plan, next_slot, filled);
    }
    c->run.step_count = locate(c, step, slot, steps);
    slot = thimble_depthwise_slot_after(plan, slot, steps);
    c->compute(&c->run);
    const uint32_t whole = thimble_smaller(steps, left / 2);
    if (whole != 0) store_steps(c, output, c->stage, 2, whole);
    output += whole * 2 * row_bytes;
    left -= whole * 2;
    if (whole < steps) store_steps(c, output, c->stage + whole * (plan->stage_bytes / 4), 1, 1);
  }
}

/* A layer in one group, its input in one piece: units that are wholly padding stay as they are. How many of the blocks
 * of four channels that computes. */
THIMBLE_RARE static uint32_t set_map(const context* c, thimble_depthwise_map* map) {
  const thimble_layer* const layer = c->layer;
  const uint32_t empty = layer->pad_top / 2u, above = layer->pad_top & 1u, rows = layer->in_h - above;
  if (c->total_steps > c->plan->group || c->call->count != layer->out_h || c->call->input.saved != 0 ||
      empty + above >= c->total_units)
    return 0;
  map->row_bytes = c->call->input.row_bytes;
  map->pixel_bytes = layer->in_c;
  map->columns = c->inside;
  map->zero = c->fill.zero;
  map->to = c->planes + empty * (c->plan->unit_bytes / 4) + 4u * layer->pad_left;
  map->gap = c->fill.to_gap;
  map->above = above;
  map->units = thimble_smaller(rows / 2, c->total_units - empty - above);
  map->below = rows % 2 != 0 && empty + above + map->units < c->total_units;
  map->rest = map->row_bytes - c->inside * layer->in_c;
  return c->inside == 0 ? 0 : layer->out_c / 4u;
}

/* The whole layer, block by block; returns the next block's weights. */
static const uint32_t* run_map(context* c, const thimble_depthwise_map* map, uint32_t blocks, uint32_t block_words) {
  const thimble_depthwise_plan* const plan = c->plan;
  const thimble_layer* const layer = c->layer;
  const int8_t* input = c->call->input.input;
  int8_t* output = c->call->output;
  const uint32_t* block = layer->weights;
  const uint32_t pairs = layer->out_h / 2u, out_c = layer->out_c, out_w = layer->out_w;
  const thimble_word* const last = c->stage + pairs * (plan->stage_bytes / 4);
  const uint32_t last_output = 2 * pairs * out_w * out_c, gap = 8 * (plan->width - out_w);
  const int alone = layer->out_h % 2u != 0 && pairs != 0 && plan->kernel == 3 && is_padding(c, c->total_units - 1);
  c->run.channels = 4;
  c->run.step_count = locate(c, 0, 0, c->total_steps);
  if (alone) {
    --c->steps[0].skip;
    c->steps[0].next[1] = 1;
  }
  for (; blocks != 0; --blocks, input += 4, output += 4, block += block_words) {
    fill_table(plan, block, c->table);
    thimble_depthwise_fill_map(map, input);
    c->compute(&c->run);
    if (pairs != 0) thimble_depthwise_store_two_rows(output, c->stage, out_c, out_w, out_w * out_c, pairs, gap);
    if (layer->out_h % 2u != 0) thimble_depthwise_store_two_rows(output + last_output, last, out_c, out_w, 0, 1, gap);
  }
  return block;
}

THIMBLE_RARE static thimble_depthwise_function function_of(const thimble_layer* layer) {
  const uint32_t fixed = layer->wide == THIMBLE_DEPTHWISE_FIXED;
  if (layer->kernel_h == 3) return fixed ? thimble_depthwise_3x3_stride_1 : thimble_depthwise_3x3_stride_1_any_shift;
  return layer->kernel_h == 5 ? thimble_depthwise_5x5_stride_1 : thimble_depthwise_7x7_stride_1;
}

void thimble_depthwise_stride_1(const thimble_call* call, const thimble_depthwise_plan* plan) {
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
  c.total_steps = (call->count + 1) / 2;
  c.total_units = (c.total_steps - 1) * plan->advance + plan->units;
  c.padding = 0x01010101u * (uint8_t)layer->input_zero;
  c.fill.a_step = c.fill.b_step = layer->in_c;
  c.fill.to_step = plan->column_bytes;
  c.fill.zero = zero | zero << 16;
  c.inside = thimble_smaller(layer->in_w, layer->out_w - 1u + plan->kernel - layer->pad_left);
  c.fill.units = 1;
  c.fill.gap = 2 * c.call->input.row_bytes - c.inside * layer->in_c;
  c.fill.to_gap = plan->unit_bytes - 16 * c.inside;
  c.run.table = c.table;
  c.run.stage = (int8_t*)c.stage;
  c.run.record_bytes = 4 * plan->record_words;
  c.run.steps = c.steps;
  c.run.width = plan->width;
  c.run.any_shift = plan->kernel == 3 ? !layer->relu : layer->wide;
  c.run.step_count = 1;
  c.top = (int32_t)call->first - layer->pad_top;
  thimble_depthwise_fill_zeros(c.planes, 4 * plan->slots * plan->columns);
  thimble_depthwise_map map;
  const uint32_t blocks = set_map(&c, &map);
  const uint32_t* block = blocks == 0 ? layer->weights : run_map(&c, &map, blocks, block_words);
  for (uint32_t channel = 4 * blocks; channel < layer->out_c; channel += 4, block += block_words) {
    c.channels = thimble_smaller(4, layer->out_c - channel);
    fill_table(plan, block, c.table);
    c.run.channels = c.channels;
    run_block(&c, channel);
  }
}

#else
typedef int thimble_depthwise_stride_1_is_empty; /* ISO C wants a declaration */
#endif
