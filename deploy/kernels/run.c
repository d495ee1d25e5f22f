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

static __attribute__((noinline)) void clamp(const thimble_layer* layer, int8_t* at, uint32_t count) {
  const int32_t least = layer->activation_min, most = layer->activation_max;
  for (; count != 0; --count, ++at) {
    int32_t value = *at;
    value = value < least ? least : value;
    *at = (int8_t)(value > most ? most : value);
  }
}

/* Where the output lies over the input: moves a call on to the next rows, and saves those of the input that are still
 * needed and about to be written over. 0: there are no more. */
static __attribute__((noinline)) int next_step(thimble_call* call, uint32_t out_row) {
  const thimble_layer* const layer = call->layer;
  call->first += call->count;
  call->output += call->count * out_row;
  if (call->first >= layer->out_h) return 0;
  const uint32_t left = layer->out_h - call->first, most = 1u + layer->more_rows;
  call->count = left < most ? left : most;
  save_rows(&call->input, (int32_t)(call->output + call->count * out_row - call->input.input));
  return 1;
}

void thimble_run_layer(const thimble_layer* layer, int8_t* arena) {
  const uint32_t out_row = (uint32_t)layer->out_w * layer->out_c, in_row = (uint32_t)layer->in_w * layer->in_c;
  int8_t* const scratch = arena + layer->scratch;
  int8_t* const output = arena + layer->output;
  thimble_call call;
  call.layer = layer;
  call.input.input = arena + layer->input;
  call.input.slots = scratch;
  call.input.row_bytes = in_row;
  call.input.height = layer->in_h;
  call.input.ring_rows = layer->ring_rows;
  call.input.saved = 0;
  call.input2 = arena + layer->input2;
  call.output = output;
  call.scratch = scratch;
  call.first = 0;
  call.count = layer->out_h;
  if (layer->ring_rows != 0) {
    call.input.slot_bytes = thimble_round_up(in_row, 4);
    call.input.next = 0;
    call.scratch = scratch + thimble_ring_bytes(layer);
    call.count = 0;
    (void)next_step(&call, out_row);
  }
  do layer->kernel(&call);
  while (layer->ring_rows != 0 && next_step(&call, out_row));
  if (layer->activation_min != -128 || layer->activation_max != 127) clamp(layer, output, layer->out_h * out_row);
}

void thimble_run(const thimble_layer* layers, uint32_t count, int8_t* arena) {
  for (uint32_t i = 0; i < count; ++i) thimble_run_layer(layers + i, arena);
}
