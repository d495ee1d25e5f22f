/* The calls of model_api.h. The same code for every model, so that its size is known before the model is. */
#include "model_api.h"

#include "thimble_model.h"

int model_init(void) {
  const thimble_model *model = &model_description;
  return thimble_prepare(model->layers, model->layer_count, model->arena, model->arena_bytes);
}

void model_invoke(void) {
  const thimble_model *model = &model_description;
  thimble_run(model->layers, model->layer_count, model->arena);
}

int8_t *model_input(void) { return model_description.arena + model_description.input_offset; }

const int8_t* model_output(void) { return model_output_at(0); }

const int8_t* model_output_at(uint32_t index) {
  return model_description.arena + model_description.outputs[index].offset;
}
