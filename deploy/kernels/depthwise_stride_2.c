/* Depthwise of stride 2 through planes of words: fills the ring, calls the functions in assembly, stores what they
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
  uint32_t channels;                        /* of the block */
  uint32_t inside, first_alone, last_alone; /* columns of a slot with two pixels; with one, the other is padding */
  uint32_t padding;                         /* a pixel of it */
  thimble_depthwise_fill fill;              /* what all fills have in common is set once; */
  thimble_depthwise_run run;                /* of the runs, too */
  int32_t top;                              /* input row of the first unit */
} context;

/* 3x3. The ring's even slots change places from step to step; so do the weights. */
THIMBLE_RARE static void put_column_pairs_3(thimble_depthwise_table* t, const uint32_t* block, uint32_t at,
                                            uint32_t first, uint32_t last) {
  thimble_depthwise_put(t, at, 1, first, first + 1, 1);
  thimble_depthwise_put(t, at + 1, 1, 3, 4, 1);
  thimble_depthwise_put(t, at + 2, 1, last, last + 1, 1);
  thimble_depthwise_put(t, at + 3, 1, first + 2, last + 2, 1);
  thimble_depthwise_put(t, at + 4, 1, 5, 5, 1);
  thimble_depthwise_put_constants(t, block, at + 5);
}

/* Rows of (kernel + 1) / 2 words, twice, so that they can be read from any row on. A last word's second weight meets a
 * column that is none of the window's: it is 0. */
static void put_column_pairs(thimble_depthwise_table* t, uint32_t at, uint32_t kernel) {
  const uint32_t half = kernel / 2, words = kernel * (half + 1), record = t->pairs.record / 4;
  static const uint32_t none = 0;
  t->pairs.from_step = 4 * kernel;
  for (uint32_t j = 0; j < half; ++j) thimble_depthwise_put(t, at + j, half + 1, 2 * j, 2 * j + 1, kernel);
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

static void fill_table(const thimble_depthwise_plan* plan, const uint32_t* block, thimble_word* words) {
  thimble_depthwise_table t;
  thimble_depthwise_start_table(&t, plan, block, words);
  if (plan->kernel == 3) {
    put_column_pairs_3(&t, block, 0, 0, 6);
    put_column_pairs_3(&t, block, 4 * plan->record_words, 6, 0);
  } else {
    thimble_depthwise_put_constants(&t, block, 0);
    put_column_pairs(&t, 4, plan->kernel);
  }
}

/* The columns of a slot that hold pixels. */
THIMBLE_RARE static void set_columns(context* c) {
  const thimble_layer* const layer = c->layer;
  c->first_alone = layer->pad_left % 2u;
  const uint32_t pixels = layer->in_w - c->first_alone;
  const uint32_t room = c->plan->columns - layer->pad_left / 2u - c->first_alone;
  c->inside = thimble_smaller(pixels / 2, room);
  c->last_alone = pixels % 2 != 0 && c->inside < room;
}

/* One row, its columns two by two; the first and the last may have padding beside them. */
static void fill_one_row(context* c, const int8_t* row, thimble_word* to) {
  const uint32_t in_c = c->layer->in_c;
  const int8_t* const padding = (const int8_t*)&c->padding;
  c->fill.to = to + c->layer->pad_left / 2u * (c->fill.to_step / 4);
  if (row == NULL) {
    c->fill.a_step = c->fill.b_step = 0;
    thimble_depthwise_fill_pixels(&c->fill, padding, padding, c->inside + c->first_alone + c->last_alone, c->channels);
    c->fill.a_step = c->fill.b_step = 2 * in_c;
    return;
  }
  if (c->first_alone) {
    thimble_depthwise_fill_pixels(&c->fill, padding, row, 1, c->channels);
    row += in_c;
  }
  thimble_depthwise_fill_pixels(&c->fill, row, row + in_c, c->inside, c->channels);
  if (c->last_alone) thimble_depthwise_fill_pixels(&c->fill, row + 2 * c->inside * in_c, padding, 1, c->channels);
}

/* Where a row is. With 3x3, odd rows are always between the two even ones. */
static uint32_t slot_of(const context* c, uint32_t unit, uint32_t slot) {
  if (c->plan->kernel != 3) return slot;
  return unit % 2 != 0 ? 1 : unit % 4;
}

/* The block's channels of an input row, or NULL. */
THIMBLE_SHARED static const int8_t* row_of(const context* c, uint32_t channel, int32_t row) {
  const int8_t* const first = thimble_row(&c->call->input, row);
  return first == NULL ? NULL : first + channel;
}

static void fill_unit(context* c, uint32_t channel, uint32_t unit, uint32_t slot) {
  fill_one_row(c, row_of(c, channel, c->top + (int32_t)unit), c->planes + 4 * slot_of(c, unit, slot));
}

/* Which of the records' turns meets the slots. */
static void locate_weights(const context* c, uint32_t index, uint32_t slot, thimble_depthwise_step* step) {
  const uint32_t kernel = c->plan->kernel;
  step->first = c->planes;
  if (kernel == 3) {
    step->next[0] = index % 2 == 0 ? 0 : 16 * (int32_t)c->plan->record_words;
  } else {
    step->next[0] = slot == 0 ? 0 : (int32_t)(2 * (kernel + 1) * (kernel - slot));
  }
}

/* Two rows with nothing beside them, in one call; how many rows that was. */
static uint32_t fill_rows_at_once(context* c, uint32_t channel, uint32_t unit, uint32_t slot) {
  const thimble_view* const input = &c->call->input;
  const uint32_t row = (uint32_t)(c->top + (int32_t)unit), in_c = c->layer->in_c, to_step = c->fill.to_step;
  if (c->channels < 4 || row >= input->height - 1u || row < input->saved) return 0;
  const uint32_t from = slot_of(c, unit, slot),
                 to = slot_of(c, unit + 1, thimble_depthwise_slot_after(c->plan, slot, 1));
  const int8_t* const a = input->input + row * input->row_bytes + channel;
  c->fill.to = c->planes + 4 * from + c->layer->pad_left / 2u * (to_step / 4);
  c->fill.units = 2;
  c->fill.gap = input->row_bytes - 2 * c->inside * in_c;
  c->fill.to_gap = 16 * (to - from) - c->inside * to_step;
  thimble_depthwise_fill_pixels(&c->fill, a, a + in_c, c->inside, c->channels);
  return 2;
}

/* Step by step. */
static void run_block(context* c, uint32_t channel) {
  const thimble_depthwise_plan* const plan = c->plan;
  const uint32_t out_c = c->layer->out_c, out_w = c->layer->out_w;
  int8_t* output = c->call->output + channel;
  const uint32_t rows_at_once = c->inside != 0 && c->first_alone + c->last_alone == 0;
  uint32_t next = 0, next_slot = 0, slot = 0;
  for (uint32_t step = 0; step < c->call->count; ++step, output += out_w * out_c) {
    for (const uint32_t end = step * 2 + plan->units; next < end;) {
      uint32_t filled = rows_at_once && next + 1 < end ? fill_rows_at_once(c, channel, next, next_slot) : 0;
      if (filled == 0) {
        fill_unit(c, channel, next, next_slot);
        filled = 1;
      }
      next += filled;
      next_slot = thimble_depthwise_slot_after(plan, next_slot, filled);
    }
    locate_weights(c, step, slot, c->steps);
    slot = thimble_depthwise_slot_after(plan, slot, 2);
    c->compute(&c->run);
    if (c->channels == 4) {
      thimble_depthwise_store_row(output, c->stage, out_c, out_w);
    } else {
      thimble_depthwise_store_some(output, c->stage, out_c, out_w, 1, c->channels);
    }
  }
}

THIMBLE_RARE static thimble_depthwise_function function_of(const thimble_layer* layer) {
  const uint32_t fixed = layer->wide == THIMBLE_DEPTHWISE_FIXED;
  if (layer->kernel_h == 3) return fixed ? thimble_depthwise_3x3_stride_2 : thimble_depthwise_3x3_stride_2_any_shift;
  return layer->kernel_h == 5 ? thimble_depthwise_5x5_stride_2 : thimble_depthwise_7x7_stride_2;
}

void thimble_depthwise_stride_2(const thimble_call* call, const thimble_depthwise_plan* plan) {
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
  c.padding = 0x01010101u * (uint8_t)layer->input_zero;
  c.fill.a_step = c.fill.b_step = 2 * layer->in_c;
  c.fill.to_step = plan->column_bytes;
  c.fill.zero = zero | zero << 16;
  set_columns(&c);
  c.fill.units = 1;
  c.run.table = c.table;
  c.run.stage = (int8_t*)c.stage;
  c.run.record_bytes = 4 * plan->record_words;
  c.run.steps = c.steps;
  c.run.width = plan->width;
  c.run.any_shift = layer->wide;
  c.run.step_count = 1;
  c.top = (int32_t)(2 * call->first) - layer->pad_top;
  thimble_depthwise_fill_zeros(c.planes, 4 * plan->slots * plan->columns);
  const uint32_t* block = layer->weights;
  for (uint32_t channel = 0; channel < layer->out_c; channel += 4, block += block_words) {
    c.channels = thimble_smaller(4, layer->out_c - channel);
    fill_table(plan, block, c.table);
    c.run.channels = c.channels;
    run_block(&c, channel);
  }
}

#else
typedef int thimble_depthwise_stride_2_is_empty; /* ISO C wants a declaration */
#endif
