/* The cases of the known-answer test: raw int8 tensors, one case after the other (inputs.bin, outputs.bin). */
#ifndef THIMBLE_KNOWN_ANSWER_H
#define THIMBLE_KNOWN_ANSWER_H

#include <stdint.h>

extern const int8_t known_answer_inputs[], known_answer_inputs_end[];
extern const int8_t known_answer_outputs[], known_answer_outputs_end[];

#endif
