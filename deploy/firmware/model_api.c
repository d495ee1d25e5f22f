/* The calls of model_api.h. The same code for every model, so that its size is known before the model is. */
#include "model_api.h"

#include "thimble_model.h"

/* The generator checked everything that a linker script cannot change. */
int model_init(void) {
  const uintptr_t arena = (uintptr_t)model_description.arena, weights = (uintptr_t)model_description.layers.weights;
  return ((arena | 2u * weights) & 7u) != 0 ? THIMBLE_BAD_ARENA : THIMBLE_OK;
}

void model_invoke(void) {
  thimble_run_table(&model_description.layers, model_description.arena);
}

int8_t *model_input(void) { return model_description.arena + model_description.input_offset; }

const int8_t* model_output(void) { return model_output_at(0); }

const int8_t* model_output_at(uint32_t index) {
  return model_description.arena + model_description.outputs[index].offset;
}
