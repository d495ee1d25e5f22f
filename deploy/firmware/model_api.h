/* One model, ready to run:
 *
 *   if (model_init() != 0) { ... }
 *   memcpy(model_input(), image, MODEL_INPUT_BYTES);
 *   model_invoke();
 *   const int8_t *scores = model_output();
 *
 * The input's memory is used again while the model runs: write the whole input before every model_invoke, and read the
 * output before the next. */
#ifndef THIMBLE_MODEL_API_H
#define THIMBLE_MODEL_API_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int model_init(void);           /* once; 0, or negative: the linker script aligns the model's data less than it asks */
void model_invoke(void);        /* one inference; not reentrant */
int8_t *model_input(void);      /* int8 [MODEL_INPUT_BYTES], NHWC */
const int8_t* model_output(void);              /* int8 [MODEL_OUTPUT_BYTES]: the first output */
const int8_t* model_output_at(uint32_t index); /* index below MODEL_OUTPUTS: int8 [MODEL_OUTPUTn_BYTES] */

#ifdef __cplusplus
}
#endif
#endif
