#include "lanes.h"

/* Saves every row that begins before `end`, a place in the arena relative to the input. */
static void save_rows(thimble_view* view, int32_t end) {
  while (view->saved < view->height && (int32_t)(view->saved * view->row_bytes) < end) {
    thimble_copy(view->slots + view->next * view->slot_bytes, view->input + view->saved * view->row_bytes,
                 view->row_bytes);
    ++view->saved;
    view->next = view->next + 1 == view->ring_rows ? 0 : view->next + 1;
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
  const uint32_t out_row = (uint32_t)layer->out_w * layer->out_c;
  const uint32_t in_row = (uint32_t)layer->in_w * layer->in_c;
  const int narrow = layer->activation_min != -128 || layer->activation_max != 127;
  const uint32_t step = layer->ring_rows != 0 ? 1u + layer->more_rows : layer->out_h;
  int8_t* const slots = arena + layer->scratch;
  thimble_call call = {
      layer,
      {arena + layer->input, slots, in_row, thimble_round_up(in_row, 4), layer->in_h, layer->ring_rows, 0, 0},
      arena + layer->input2,
      arena + layer->output,
      slots + thimble_ring_bytes(layer),
      0,
      step};
  for (; call.first < layer->out_h; call.first += call.count, call.output += call.count * out_row) {
    if (call.count > layer->out_h - call.first) call.count = layer->out_h - call.first;
    if (layer->ring_rows != 0) save_rows(&call.input, (int32_t)(call.output + call.count * out_row - call.input.input));
    layer->kernel(&call);
    if (narrow) clamp_row(layer, call.output, call.count * out_row);
  }
}

void thimble_run(const thimble_layer* layers, uint32_t count, int8_t* arena) {
  for (uint32_t i = 0; i < count; ++i) thimble_run_layer(layers + i, arena);
}
