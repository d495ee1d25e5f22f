/* The known-answer test: one inference per case, its output compared byte for byte with the host's. */
#include "known_answer.h"
#include "model_api.h"
#include "report.h"
#include "thimble_model.h"

int main(void);

static void report_failure(const char *what, uint32_t number) {
  report_text("KAT FAIL ");
  report_text(what);
  report_number(number);
  report_text("\n");
}

static void copy(int8_t *to, const int8_t *from, uint32_t size) {
  for (uint32_t i = 0; i < size; ++i) to[i] = from[i];
}

static int differ(const int8_t *a, const int8_t *b, uint32_t size) {
  for (uint32_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return 1;
  }
  return 0;
}

/* All outputs lie one after the other in a case. */
static int outputs_differ(const int8_t* expected) {
  int different = 0;
  for (uint32_t i = 0; i < model_description.output_count; ++i) {
    different |= differ(model_output_at(i), expected, model_description.outputs[i].bytes);
    expected += model_description.outputs[i].bytes;
  }
  return different;
}

static uint32_t all_output_bytes(void) {
  uint32_t bytes = 0;
  for (uint32_t i = 0; i < model_description.output_count; ++i) bytes += model_description.outputs[i].bytes;
  return bytes;
}

/* The two marks mean nothing to a processor; an emulator's cycle counter sees where the inference begins and ends. */
static void run_marked(void) {
  const uint32_t begin = report_cycle_counter();
  __asm__ volatile("dbg #1" ::: "memory");
  model_invoke();
  __asm__ volatile("dbg #2" ::: "memory");
  report_cycles(report_cycle_counter() - begin);
}

int main(void) {
  const uint32_t input_bytes = model_description.input_bytes, output_bytes = all_output_bytes();
  report_begin();
  const int status = model_init();
  if (status != 0) {
    report_failure("init ", (uint32_t)-status);
    report_end(0, 1);
  }
  uint32_t failures = 0;
  const uint32_t cases = (uint32_t)(known_answer_inputs_end - known_answer_inputs) / input_bytes;
  for (uint32_t i = 0; i < cases; ++i) {
    copy(model_input(), known_answer_inputs + i * input_bytes, input_bytes);
    run_marked();
    if (outputs_differ(known_answer_outputs + i * output_bytes)) {
      report_failure("", i);
      ++failures;
    }
  }
  if (failures == 0 && cases > 0) report_text("KAT ok\n");
  report_end(cases, failures);
  return 0;
}
