/* The compiler calls these for copies and fills of its own making; there is no libc. */
#include <stddef.h>

void* memcpy(void* restrict to, const void* restrict from, size_t size);
void* memset(void* to, int value, size_t size);

void* memcpy(void* restrict to, const void* restrict from, size_t size) {
  unsigned char* out = to;
  const unsigned char* in = from;
  while (size-- > 0) *out++ = *in++;
  return to;
}

void* memset(void* to, int value, size_t size) {
  unsigned char* out = to;
  while (size-- > 0) *out++ = (unsigned char)value;
  return to;
}
