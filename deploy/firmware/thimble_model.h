/* A model as the generated model.c describes it. */
#ifndef THIMBLE_MODEL_H
#define THIMBLE_MODEL_H

#include "thimble.h"

typedef struct thimble_model {
  const thimble_layer *layers;
  uint32_t layer_count;
  int8_t *arena; /* aligned to 8 bytes */
  uint32_t arena_bytes;
  uint32_t input_offset, input_bytes; /* from the arena's start */
  uint32_t output_offset, output_bytes;
} thimble_model;

extern const thimble_model model_description;

#endif
