/* Runs the generated library of one model on this computer: inputs.bin through the model, against outputs.bin. */
#include <stdio.h>
#include <string.h>

#include "model_api.h"
#include "thimble_model.h"

static int8_t expected[1 << 20];

static uint32_t all_output_bytes(void) {
  uint32_t bytes = 0;
  for (uint32_t i = 0; i < model_description.output_count; ++i) bytes += model_description.outputs[i].bytes;
  return bytes;
}

static int outputs_equal(void) {
  const int8_t* from = expected;
  for (uint32_t i = 0; i < model_description.output_count; from += model_description.outputs[i++].bytes)
    if (memcmp(model_output_at(i), from, model_description.outputs[i].bytes) != 0) return 0;
  return 1;
}

int main(void) {
  FILE* const inputs = fopen("kat/inputs.bin", "rb");
  FILE* const outputs = fopen("kat/outputs.bin", "rb");
  const uint32_t input_bytes = model_description.input_bytes, output_bytes = all_output_bytes();
  if (!inputs || !outputs || output_bytes > sizeof expected || model_init() != 0) return 2;
  int cases = 0;
  while (fread(model_input(), 1, input_bytes, inputs) == input_bytes) {
    model_invoke();
    if (fread(expected, 1, output_bytes, outputs) != output_bytes) return 3;
    if (!outputs_equal()) return printf("case %d differs\n", cases), 1;
    ++cases;
  }
  printf("%d cases\n", cases);
  return cases == 0;
}
