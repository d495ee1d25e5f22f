#include "lanes.h"

/* The rows of a layer's input that its output has overwritten, or is about to: the last ring_rows of the first `saved`.
 * Row r lies in slot (r mod ring_rows); `next` is the slot of row `saved`. */
typedef struct ring {
  int8_t* slots;
  uint32_t row_bytes, slot_bytes, rows, saved, next;
} ring;

static const int8_t* saved_row(const ring* r, uint32_t row) {
  const uint32_t back = r->saved - row;
  const uint32_t slot = r->next >= back ? r->next - back : r->next + r->rows - back;
  return r->slots + slot * r->slot_bytes;
}

/* Saves every row that begins before `end`, a place in the arena relative to the input. */
static void save_rows(ring* r, const thimble_layer* layer, const int8_t* input, int32_t end) {
  while (r->saved < layer->in_h && (int32_t)(r->saved * r->row_bytes) < end) {
    thimble_copy(r->slots + r->next * r->slot_bytes, input + r->saved * r->row_bytes, r->row_bytes);
    ++r->saved;
    r->next = r->next + 1 == r->rows ? 0 : r->next + 1;
  }
}

static void find_rows(const thimble_layer* layer, const ring* r, const int8_t* input, uint32_t y, const int8_t** rows) {
  const int32_t top = (int32_t)(y * layer->stride_h) - layer->pad_top;
  for (uint32_t i = 0; i < layer->kernel_h; ++i) {
    const int32_t row = top + (int32_t)i;
    if (row < 0 || row >= layer->in_h) {
      rows[i] = NULL;
    } else {
      rows[i] = (uint32_t)row < r->saved ? saved_row(r, (uint32_t)row) : input + (uint32_t)row * r->row_bytes;
    }
  }
}

static void clamp_row(const thimble_layer* layer, int8_t* row, uint32_t count) {
  const int32_t least = layer->activation_min, most = layer->activation_max;
  for (; count != 0; --count, ++row) {
    int32_t value = *row;
    value = value < least ? least : value;
    *row = (int8_t)(value > most ? most : value);
  }
}

void thimble_run_layer(const thimble_layer* layer, int8_t* arena) {
  const int8_t* rows[THIMBLE_MAX_KERNEL_H];
  const int8_t* const input = arena + layer->input;
  const uint32_t out_row = (uint32_t)layer->out_w * layer->out_c;
  const uint32_t in_row = (uint32_t)layer->in_w * layer->in_c;
  const int narrow = layer->activation_min != -128 || layer->activation_max != 127;
  ring r = {arena + layer->scratch, in_row, thimble_round_up(in_row, 4), layer->ring_rows, 0, 0};
  int8_t* const scratch = r.slots + thimble_ring_bytes(layer);
  int8_t* output = arena + layer->output;
  for (uint32_t y = 0; y < layer->out_h; ++y, output += out_row) {
    if (r.rows != 0) save_rows(&r, layer, input, (int32_t)(output + out_row - input));
    find_rows(layer, &r, input, y, rows);
    if (layer->operands == 2) rows[1] = arena + layer->input2 + y * in_row;
    layer->kernel(layer, rows, output, scratch);
    if (narrow) clamp_row(layer, output, out_row);
  }
}

void thimble_run(const thimble_layer* layers, uint32_t count, int8_t* arena) {
  for (uint32_t i = 0; i < count; ++i) thimble_run_layer(layers + i, arena);
}
