/* Runs the generated library of one model on this computer: inputs.bin through the model, against outputs.bin. */
#include <stdio.h>
#include <string.h>

#include "model_api.h"
#include "thimble_model.h"

static int8_t expected[1 << 20];

int main(void) {
  FILE* const inputs = fopen("kat/inputs.bin", "rb");
  FILE* const outputs = fopen("kat/outputs.bin", "rb");
  const uint32_t input_bytes = model_description.input_bytes, output_bytes = model_description.output_bytes;
  if (!inputs || !outputs || output_bytes > sizeof expected || model_init() != 0) return 2;
  int cases = 0;
  while (fread(model_input(), 1, input_bytes, inputs) == input_bytes) {
    model_invoke();
    if (fread(expected, 1, output_bytes, outputs) != output_bytes) return 3;
    if (memcmp(model_output(), expected, output_bytes) != 0) return printf("case %d differs\n", cases), 1;
    ++cases;
  }
  printf("%d cases\n", cases);
  return cases == 0;
}
