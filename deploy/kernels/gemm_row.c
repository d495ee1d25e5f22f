#include "gemm.h"

uint32_t thimble_columns_bytes(const thimble_layer* layer) {
  const uint32_t length = thimble_column_length(layer);
  const uint32_t pixels = layer->out_w > 1 ? 2 : 1;
  return thimble_round_up(2 * length * pixels, 8);
}

thimble_word* thimble_widen(thimble_word* to, const int8_t* from, uint32_t count, uint32_t pixels) {
  const thimble_word* words = (const thimble_word*)from;
  if ((count & 4) != 0) {
    const uint32_t word = *words++;
    to[0] = thimble_even_bytes(word);
    to[pixels] = thimble_odd_bytes(word);
    to += 2 * pixels;
  }
  for (count /= 8; count != 0; --count, words += 2) {
    const uint32_t first = words[0], second = words[1];
    to[0] = thimble_even_bytes(first);
    to[pixels] = thimble_odd_bytes(first);
    to += 2 * pixels;
    to[0] = thimble_even_bytes(second);
    to[pixels] = thimble_odd_bytes(second);
    to += 2 * pixels;
  }
  return to;
}

void thimble_put_bytes(thimble_cursor* cursor, const int8_t* from, uint32_t count) {
  const uint32_t next = cursor->next;
  int16_t __attribute__((may_alias))* to = cursor->word;
  if (count == 0) return;
  if (cursor->odd) {
    to[1] = *from++;
    to += next;
    --count;
  }
  for (; count >= 4; count -= 4, from += 4) {
    const int16_t a = from[0], b = from[1], c = from[2], d = from[3];
    to[0] = a;
    to[1] = b;
    to += next;
    to[0] = c;
    to[1] = d;
    to += next;
  }
  if (count >= 2) {
    const int16_t a = from[0], b = from[1];
    to[0] = a;
    to[1] = b;
    to += next;
    from += 2;
  }
  if (count % 2 != 0) to[0] = *from;
  cursor->odd = count % 2;
  cursor->word = to;
}

void thimble_put_value(thimble_cursor* cursor, int16_t value, uint32_t count) {
  for (; count != 0; --count) {
    cursor->word[cursor->odd] = value;
    if (cursor->odd) cursor->word += cursor->next;
    cursor->odd ^= 1;
  }
}

void thimble_gemm_row(const thimble_layer* layer, const int8_t* const* rows, int8_t* output, void* scratch,
                      thimble_gather gather) {
  const uint32_t length = thimble_column_length(layer);
  const uint32_t most = layer->out_w > 1 ? 2 : 1;
  thimble_columns columns = {layer, rows, scratch, most};
  thimble_gemm gemm = {layer->weights, columns.columns, columns.columns + length / 2 * most,
                       output,         layer->out_c,    2 * layer->output_zero + 1,
                       layer->relu};
  uint32_t x = 0;
  for (; x + 2 <= layer->out_w; x += 2) {
    gather(&columns, x, 0);
    gather(&columns, x + 1, 1);
    thimble_gemm_two(&gemm);
    gemm.output += 2u * layer->out_c;
  }
  if (x == layer->out_w) return;
  columns.pixels = 1;
  gemm.input_end = columns.columns + length / 2;
  gather(&columns, x, 0);
  thimble_gemm_one(&gemm);
}
