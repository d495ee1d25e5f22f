#include "layer_table.h"

static uint16_t* put_number(uint16_t* to, uint32_t number) {
  *to++ = (uint16_t)((number & 0x7fffu) | (number >> 15 != 0 ? 0x8000u : 0));
  if (number >> 15 != 0) *to++ = (uint16_t)(number >> 15);
  return to;
}

static uint16_t* put_bytes(uint16_t* to, int32_t low, int32_t high) {
  *to = (uint16_t)((uint8_t)low | (uint32_t)(uint8_t)high << 8);
  return to + 1;
}

static int is_plain(const thimble_layer* l) {
  return l->kernel_h == 1 && l->kernel_w == 1 && l->stride_h == 1 && l->stride_w == 1 && l->pad_top == 0 &&
         l->pad_left == 0 && l->operands == 1 && l->ring_rows == 0 && l->broadcast == 0 && l->more_rows == 0;
}

static uint16_t* put_form(uint16_t* to, const thimble_layer* l) {
  to = put_bytes(to, l->kernel_h, l->kernel_w);
  to = put_bytes(to, l->stride_h, l->stride_w);
  to = put_bytes(to, l->pad_top, l->pad_left);
  to = put_bytes(to, l->operands, l->ring_rows);
  return put_bytes(to, l->broadcast, l->more_rows);
}

/* An offset that is not the known one, which it becomes. */
static uint16_t* put_place(uint16_t* to, uint32_t* known, uint32_t offset) {
  if (offset == *known) return to;
  *known = offset;
  return put_number(to, offset / 4);
}

uint32_t thimble_put_layer(thimble_layer* before, const thimble_layer* layer, uint32_t kernel, uint32_t weight_words,
                           int reads_input2, uint16_t to[THIMBLE_TABLE_MOST_HALVES]) {
  uint32_t parts = 0, place = before->output;
  uint16_t *at = to + 1, *from;
  if (!is_plain(layer)) parts |= THIMBLE_TABLE_FORM, at = put_form(at, layer);
  if (layer->in_h != before->out_h || layer->in_w != before->out_w || layer->in_c != before->out_c) {
    parts |= THIMBLE_TABLE_IN;
    *at++ = layer->in_h;
    *at++ = layer->in_w;
    *at++ = layer->in_c;
  }
  if (layer->out_h != layer->in_h || layer->out_w != layer->in_w) {
    parts |= THIMBLE_TABLE_OUT_ROWS;
    *at++ = layer->out_h;
    *at++ = layer->out_w;
  }
  if (layer->out_c != layer->in_c) parts |= THIMBLE_TABLE_OUT_C, *at++ = layer->out_c;
  from = at;
  at = put_place(at, &place, layer->input);
  if (at != from) parts |= THIMBLE_TABLE_INPUT;
  from = at;
  at = put_place(at, &place, layer->output);
  if (at != from) parts |= THIMBLE_TABLE_OUTPUT;
  from = at;
  if (layer->scratch_bytes != 0) at = put_place(at, &before->scratch, layer->scratch);
  if (at != from) parts |= THIMBLE_TABLE_SCRATCH;
  if (reads_input2 && layer->input2 != before->input2) {
    parts |= THIMBLE_TABLE_INPUT2;
    before->input2 = layer->input2;
    at = put_number(at, layer->input2);
  }
  at = put_number(at, weight_words);
  at = put_bytes(at, layer->input_zero, layer->output_zero);
  at = put_bytes(at, layer->activation_min, layer->activation_max);
  to[0] = (uint16_t)(kernel | (uint32_t)layer->relu << 5 | (uint32_t)layer->wide << 6 | parts << 8);
  before->out_h = layer->out_h;
  before->out_w = layer->out_w;
  before->out_c = layer->out_c;
  before->output = layer->output;
  return (uint32_t)(at - to);
}
