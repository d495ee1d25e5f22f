/* Depthwise of stride 1 through planes of words: fills the ring, calls the functions in assembly, stores what they
 * staged. */
#include "depthwise_driver.h"

#if THIMBLE_DEPTHWISE_FAST

typedef struct context {
  const thimble_call* call;
  const thimble_layer* layer;
  const thimble_depthwise_plan* plan;
  thimble_depthwise_function compute;
  thimble_depthwise_records records;
  thimble_word *table, *planes, *stage;
  thimble_depthwise_step* steps;
  uint32_t total_units, total_steps;
  uint32_t channels;         /* of the block */
  uint32_t inside;           /* columns of a slot that hold pixels */
  thimble_depthwise_map map; /* what all fills have in common is set once; */
  thimble_depthwise_run run; /* of the runs, too */
  int32_t top;               /* input row of the first unit */
  int located;               /* all kept steps are */
} context;

static void fill_map(const context* c, const int8_t* input) {
  if (c->inside == 0) return;
  if (c->channels == 4) {
    thimble_depthwise_fill_map(&c->map, input);
  } else {
    thimble_depthwise_fill_some_of_map(&c->map, input, c->channels);
  }
}

/* Two rows, either of which may be padding. */
static void fill_two_rows(context* c, const int8_t* a, const int8_t* b, thimble_word* to) {
  c->map.to = to + 4u * c->layer->pad_left;
  c->map.above = a == NULL;
  c->map.below = b == NULL;
  c->map.units = a != NULL && b != NULL;
  c->map.row_bytes = (uint32_t)(b - a);
  if (a != NULL || b != NULL) {
    fill_map(c, a != NULL ? a : b);
  } else if (c->total_units > c->plan->slots) {
    thimble_depthwise_fill_zeros(c->map.to, 4 * c->inside);
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
  c->map.row_bytes = input->row_bytes;
  c->map.to = c->planes + slot * (c->plan->unit_bytes / 4) + 4u * c->layer->pad_left;
  c->map.units = units;
  c->map.above = c->map.below = 0;
  fill_map(c, input->input + row * input->row_bytes + channel);
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

/* Where `steps` steps are; how many members of `to` tell it, which are the first ones with 3x3. */
static uint32_t locate(const context* c, uint32_t first_unit, uint32_t slot, uint32_t steps,
                       thimble_depthwise_step* to) {
  if (c->plan->kernel == 3) return locate_runs(c, slot, steps);
  for (uint32_t i = 0; i < steps; ++i, slot = thimble_depthwise_slot_after(c->plan, slot, 1))
    locate_units(c, first_unit + i, slot, to + i);
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
  const int keeps = plan->kernel != 3 && plan->kept_steps >= c->total_steps;
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
    thimble_depthwise_step* const places = keeps ? c->steps + step : c->steps;
    c->run.steps = places;
    c->run.step_count = keeps && c->located ? steps : locate(c, step, slot, steps, places);
    slot = thimble_depthwise_slot_after(plan, slot, steps);
    c->compute(&c->run);
    const uint32_t whole = thimble_smaller(steps, left / 2);
    if (whole != 0) store_steps(c, output, c->stage, 2, whole);
    output += whole * 2 * row_bytes;
    left -= whole * 2;
    if (whole < steps) store_steps(c, output, c->stage + whole * (plan->stage_bytes / 4), 1, 1);
  }
  c->located = 1;
}

/* A layer in one group, its input in one piece: units that are wholly padding stay as they are. How many of the blocks
 * of four channels that computes. */
THIMBLE_RARE static uint32_t set_map(context* c) {
  const thimble_layer* const layer = c->layer;
  const uint32_t empty = layer->pad_top / 2u, above = layer->pad_top & 1u, rows = layer->in_h - above;
  if (c->total_steps > c->plan->group || c->call->count != layer->out_h || c->call->input.saved != 0 ||
      empty + above >= c->total_units || c->inside == 0)
    return 0;
  c->map.row_bytes = c->call->input.row_bytes;
  c->map.to = c->planes + empty * (c->plan->unit_bytes / 4) + 4u * layer->pad_left;
  c->map.above = above;
  c->map.units = thimble_smaller(rows / 2, c->total_units - empty - above);
  c->map.below = rows % 2 != 0 && empty + above + c->map.units < c->total_units;
  return layer->out_c / 4u;
}

/* The whole layer, block by block; returns the next block's weights. */
static const uint32_t* run_map(context* c, uint32_t blocks, uint32_t block_words) {
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
  c->run.step_count = locate(c, 0, 0, c->total_steps, c->steps);
  if (alone) {
    --c->steps[0].skip;
    c->steps[0].next[1] = 1;
  }
  for (; blocks != 0; --blocks, input += 4, output += 4, block += block_words) {
    c->records(block, c->table);
    thimble_depthwise_fill_map(&c->map, input);
    c->compute(&c->run);
    if (pairs != 0) thimble_depthwise_store_two_rows(output, c->stage, out_c, out_w, out_w * out_c, pairs, gap);
    if (layer->out_h % 2u != 0) thimble_depthwise_store_two_rows(output + last_output, last, out_c, out_w, 0, 1, gap);
  }
  return block;
}

void thimble_depthwise_stride_1(const thimble_call* call, const thimble_depthwise_plan* plan,
                                thimble_depthwise_function compute, thimble_depthwise_records records) {
  const thimble_layer* const layer = call->layer;
  const uint32_t zero = (uint32_t)-layer->input_zero & 0xffffu;
  const uint32_t block_words = THIMBLE_DEPTHWISE_CONSTANTS + plan->kernel * plan->kernel;
  context c;
  c.call = call;
  c.layer = layer;
  c.plan = plan;
  c.compute = compute;
  c.records = records;
  c.table = call->scratch;
  c.planes = c.table + plan->table_words;
  c.stage = c.planes + 4 * plan->slots * plan->columns;
  c.steps = (thimble_depthwise_step*)(void*)(c.stage + plan->group * plan->stage_bytes / 4);
  c.total_steps = (call->count + 1) / 2;
  c.total_units = c.total_steps - 1 + plan->units;
  c.inside = thimble_smaller(layer->in_w, layer->out_w - 1u + plan->kernel - layer->pad_left);
  c.map.pixel_bytes = layer->in_c;
  c.map.columns = c.inside;
  c.map.zero = zero | zero << 16;
  c.map.gap = plan->unit_bytes - 16 * c.inside;
  c.map.rest = call->input.row_bytes - c.inside * layer->in_c;
  c.run.table = c.table;
  c.run.stage = (int8_t*)c.stage;
  c.run.record_bytes = 4 * plan->record_words;
  c.run.steps = c.steps;
  c.run.width = plan->width;
  c.run.any_shift = plan->kernel == 3 ? !layer->relu : layer->wide;
  c.top = (int32_t)call->first - layer->pad_top;
  c.located = 0;
  thimble_depthwise_fill_zeros(c.planes, 4 * plan->slots * plan->columns);
  const uint32_t blocks = set_map(&c);
  const uint32_t* block = blocks == 0 ? layer->weights : run_map(&c, blocks, block_words);
  for (uint32_t channel = 4 * blocks; channel < layer->out_c; channel += 4, block += block_words) {
    c.channels = thimble_smaller(4, layer->out_c - channel);
    records(block, c.table);
    c.run.channels = c.channels;
    run_block(&c, channel);
  }
}

#else
typedef int thimble_depthwise_stride_1_is_empty; /* ISO C wants a declaration */
#endif
