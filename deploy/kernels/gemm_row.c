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

#if THIMBLE_DSP

/* 15 cycles for four bytes. */
void thimble_put_bytes(thimble_cursor* cursor, const int8_t* from, uint32_t count) {
  int32_t a, b, c, d;
  int16_t __attribute__((may_alias))* to = cursor->word;
  const uint32_t last = (count - cursor->odd) & 1u;
  __asm__ volatile(
      "cbz %[odd], 1f\n"
      "ldrsb %[a], [%[from]], #1\n"
      "strh %[a], [%[to], #2]\n"
      "add %[to], %[to], %[next], lsl #1\n"
      "subs %[count], %[count], #1\n"
      "1:\n"
      "subs %[count], %[count], #4\n"
      "blt 3f\n"
      "2:\n"
      "ldrsb %[a], [%[from]], #1\n"
      "ldrsb %[b], [%[from]], #1\n"
      "ldrsb %[c], [%[from]], #1\n"
      "ldrsb %[d], [%[from]], #1\n"
      "strh %[a], [%[to]]\n"
      "strh %[b], [%[to], #2]\n"
      "add %[to], %[to], %[next], lsl #1\n"
      "subs %[count], %[count], #4\n"
      "strh %[c], [%[to]]\n"
      "strh %[d], [%[to], #2]\n"
      "add %[to], %[to], %[next], lsl #1\n"
      "bge 2b\n"
      "3:\n"
      "lsls %[count], %[count], #31\n" /* carry: two more; not zero: then one more */
      "bcc 4f\n"
      "ldrsb %[a], [%[from]], #1\n"
      "ldrsb %[b], [%[from]], #1\n"
      "strh %[a], [%[to]]\n"
      "strh %[b], [%[to], #2]\n"
      "add %[to], %[to], %[next], lsl #1\n"
      "4:\n"
      "cmp %[count], #0\n"
      "beq 5f\n"
      "ldrsb %[a], [%[from]], #1\n"
      "strh %[a], [%[to]]\n"
      "5:\n"
      : [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [from] "+&r"(from), [to] "+&r"(to), [count] "+&r"(count)
      : [odd] "l"(cursor->odd), [next] "r"(cursor->next)
      : "cc", "memory");
  cursor->word = to;
  cursor->odd = last;
}

#else

void thimble_put_bytes(thimble_cursor* cursor, const int8_t* from, uint32_t count) {
  const uint32_t next = cursor->next;
  int16_t __attribute__((may_alias))* to = cursor->word;
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

#endif

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
