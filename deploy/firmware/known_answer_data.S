/* The cases as they are in the files, in a section of their own: the counted flash does not hold them. */
  .section .kat.data, "a", %progbits
  .balign 8
  .global known_answer_inputs, known_answer_inputs_end, known_answer_outputs, known_answer_outputs_end
known_answer_inputs:
  .incbin "inputs.bin"
known_answer_inputs_end:
  .balign 8
known_answer_outputs:
  .incbin "outputs.bin"
known_answer_outputs_end:
