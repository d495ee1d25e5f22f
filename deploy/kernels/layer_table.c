#include "layer_table.h"

#include "lanes.h"

#define NUMBER(at, to)                                         \
  do {                                                         \
    uint32_t number = *at++;                                   \
    if ((number & 0x8000u) != 0) number += (*at++ - 1u) << 15; \
    to = number;                                               \
  } while (0)

typedef uint16_t __attribute__((may_alias)) half;

_Static_assert(offsetof(thimble_layer, kernel_h) % 4 == 0 && offsetof(thimble_layer, broadcast) % 2 == 0 &&
                   offsetof(thimble_layer, input_zero) % 2 == 0 &&
                   offsetof(thimble_layer, ring_rows) == offsetof(thimble_layer, kernel_h) + 7,
               "members that are copied together");

static inline __attribute__((always_inline)) void read_layer(thimble_reader* reader, thimble_layer* layer) {
  const uint16_t* at = reader->at;
  const uint32_t first = *at++;
  thimble_word* const form = (thimble_word*)(void*)&layer->kernel_h;
  half* const more = (half*)(void*)&layer->broadcast;
  half* const zeros = (half*)(void*)&layer->input_zero;
  layer->kernel = reader->kernels[first & (THIMBLE_TABLE_MOST_KERNELS - 1u)];
  layer->relu = first >> 5 & 1u;
  layer->wide = first >> 6 & 3u;
#define HAS(part) ((first & (THIMBLE_TABLE_##part << 8)) != 0)
  if (HAS(FORM)) {
    form[0] = at[0] | (uint32_t)at[1] << 16;
    form[1] = at[2] | (uint32_t)at[3] << 16;
    *more = at[4];
    at += THIMBLE_TABLE_FORM_BYTES / 2;
  } else {
    form[0] = 0x01010101u;
    form[1] = 0x00010000u;
    *more = 0;
  }
  uint16_t rows = layer->out_h, columns = layer->out_w, channels = layer->out_c;
  if (HAS(IN)) rows = *at++, columns = *at++, channels = *at++;
  layer->in_h = rows;
  layer->in_w = columns;
  layer->in_c = channels;
  if (HAS(OUT_ROWS)) rows = *at++, columns = *at++;
  if (HAS(OUT_C)) channels = *at++;
  layer->out_h = rows;
  layer->out_w = columns;
  layer->out_c = channels;
  uint32_t place = layer->output / 4, words;
  if (HAS(INPUT)) NUMBER(at, place);
  layer->input = 4 * place;
  if (HAS(OUTPUT)) NUMBER(at, place);
  layer->output = 4 * place;
  if (HAS(SCRATCH)) {
    NUMBER(at, place);
    layer->scratch = 4 * place;
  }
  if (HAS(INPUT2)) NUMBER(at, layer->input2);
  NUMBER(at, words);
  layer->weights = reader->weights;
  reader->weights += words;
  zeros[0] = at[0];
  zeros[1] = at[1];
  reader->at = at + 2;
}

void thimble_next_layer(thimble_reader* reader, thimble_layer* layer) { read_layer(reader, layer); }

void thimble_run_table(const thimble_table* table, int8_t* arena) {
  thimble_reader reader = {table->layers, table->kernels, table->weights};
  thimble_layer layer;
  layer.input2 = layer.output = layer.scratch = layer.scratch_bytes = 0;
  layer.out_h = layer.out_w = layer.out_c = 0;
  for (uint32_t left = table->count; left != 0; --left) {
    read_layer(&reader, &layer);
    thimble_run_layer(&layer, arena);
  }
}
