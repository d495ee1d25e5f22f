/* A model as the generated model.c describes it. */
#ifndef THIMBLE_MODEL_H
#define THIMBLE_MODEL_H

#include "layer_table.h"

/* Where an output lies in the arena after a run. */
typedef struct thimble_output {
  uint32_t offset, bytes;
} thimble_output;

typedef struct thimble_model {
  thimble_table layers;
  int8_t *arena; /* aligned to 8 bytes */
  uint32_t input_offset, input_bytes; /* from the arena's start */
  const thimble_output* outputs;
  uint32_t output_count;
} thimble_model;

extern const thimble_model model_description;

#endif
