#include "depthwise.h"
#include "depthwise_general.h"
#include "depthwise_narrow.h"
#include "depthwise_stride_2.h"

/* Scratch that a layer may take so that several steps of a channel are computed together, at most about a third of
 * its input (no core divides by three for free). */
#define GROUP_BYTES 3584u
/* What it may take of any layer: those at a network's end are far from its largest. */
#define LEAST_GROUP_BYTES 2048u
#define MOST_GROUP 16u

static uint32_t record_words_of(uint32_t kernel) { return kernel == 3 ? 10 : kernel == 5 ? 24 : 46; }

uint32_t thimble_depthwise_plan_bytes(const thimble_depthwise_plan* plan) {
  const uint32_t steps = 24 * plan->kept_steps;
  return 4 * plan->table_words + plan->slots * plan->columns * 16 + plan->group * plan->stage_bytes + steps;
}

static void set_group(thimble_depthwise_plan* plan, uint32_t group) {
  plan->group = group;
  plan->slots = plan->units + group - 1;
  plan->kept_steps = plan->kernel == 3 && group > 3 ? 3 : group; /* 3x3: runs of them */
}

int thimble_depthwise_is_planned(const thimble_layer* layer, thimble_depthwise_plan* plan) {
  const uint32_t kernel = layer->kernel_h, stride = layer->stride_h;
  if (layer->wide == THIMBLE_DEPTHWISE_GENERAL || kernel != layer->kernel_w || stride != layer->stride_w || stride > 2)
    return 0;
  if (kernel != 3 && kernel != 5 && kernel != 7) return 0;
  if (stride == 2) return 1;
  plan->kernel = kernel;
  plan->units = (kernel + 1) / 2;
  plan->width = kernel == 3 && layer->out_w > 1 ? layer->out_w : thimble_round_up(layer->out_w, 2);
  plan->columns = plan->width + kernel - 1;
  plan->record_words = record_words_of(kernel);
  plan->table_words = 4 * plan->record_words;
  plan->stage_bytes = 8 * plan->width;
  plan->column_bytes = 16;
  plan->unit_bytes = 16 * plan->columns;
  const uint32_t steps = (layer->out_h + 1u) / 2;
  const uint32_t input = (uint32_t)layer->in_h * layer->in_w * layer->in_c;
  const uint32_t third = input / 4 + input / 16;
  const uint32_t most = third < LEAST_GROUP_BYTES ? LEAST_GROUP_BYTES : third < GROUP_BYTES ? third : GROUP_BYTES;
  uint32_t fitting = 1;
  set_group(plan, 1);
  for (uint32_t group = 2; group <= MOST_GROUP && group <= steps; ++group) {
    set_group(plan, group);
    if (thimble_depthwise_plan_bytes(plan) <= most) fitting = group;
  }
  set_group(plan, fitting);
  if (kernel != 3) {
    plan->kept_steps = steps;
    if (thimble_depthwise_plan_bytes(plan) > most) plan->kept_steps = plan->group;
  }
  return 1;
}

uint32_t thimble_depthwise_s8_scratch(const thimble_layer* layer) {
  thimble_depthwise_plan plan;
  const uint32_t general = thimble_small_depthwise_s8_scratch(layer);
  uint32_t planned = 0;
  if (thimble_depthwise_is_stride_2(layer)) {
    planned = thimble_depthwise_stride_2_bytes(layer);
  } else if (thimble_depthwise_is_planned(layer, &plan)) {
    planned = thimble_depthwise_plan_bytes(&plan);
  }
  if (thimble_depthwise_is_narrow(layer) && thimble_depthwise_narrow_bytes(layer) > planned)
    planned = thimble_depthwise_narrow_bytes(layer);
  return thimble_round_up(planned > general ? planned : general, 8);
}

thimble_depthwise_passes thimble_depthwise_passes_of(const thimble_layer* layer) {
  thimble_depthwise_plan plan;
  thimble_depthwise_passes passes = {1, layer->in_h};
  if (thimble_depthwise_is_stride_2(layer)) return thimble_depthwise_stride_2_passes(layer);
  if (!thimble_depthwise_is_planned(layer, &plan)) return passes;
  for (passes.count = 0; 2 * passes.count * plan.group < layer->out_h;) ++passes.count;
  return passes;
}

#if THIMBLE_DEPTHWISE_FAST
static void run_planned(const thimble_call* call, thimble_depthwise_function compute, thimble_depthwise_records records,
                        thimble_kernel stride_2) {
  const thimble_layer* const layer = call->layer;
  thimble_depthwise_plan plan;
  if (layer->stride_h == 2) {
    stride_2(call);
  } else {
    thimble_depthwise_is_planned(layer, &plan);
    thimble_depthwise_stride_1(call, &plan, compute, records);
  }
}

void thimble_depthwise_3x3_s8(const thimble_call* call) {
  const int fixed = call->layer->wide == THIMBLE_DEPTHWISE_FIXED;
  run_planned(call, fixed ? thimble_depthwise_3x3_stride_1 : thimble_depthwise_3x3_stride_1_any_shift,
              thimble_depthwise_3x3_records, thimble_depthwise_3x3_stride_2);
}

void thimble_depthwise_5x5_s8(const thimble_call* call) {
  run_planned(call, thimble_depthwise_5x5_stride_1, thimble_depthwise_5x5_records, thimble_depthwise_tiles_stride_2);
}

void thimble_depthwise_7x7_s8(const thimble_call* call) {
  run_planned(call, thimble_depthwise_7x7_stride_1, thimble_depthwise_7x7_records, thimble_depthwise_tiles_stride_2);
}
#else
void thimble_depthwise_3x3_s8(const thimble_call* call) { thimble_small_depthwise_s8(call); }
void thimble_depthwise_5x5_s8(const thimble_call* call) { thimble_small_depthwise_s8(call); }
void thimble_depthwise_7x7_s8(const thimble_call* call) { thimble_small_depthwise_s8(call); }
#endif

void thimble_depthwise_s8(const thimble_call* call) {
  const uint32_t kernel = call->layer->kernel_h;
  thimble_depthwise_plan plan;
  if (!thimble_depthwise_is_planned(call->layer, &plan)) {
    thimble_small_depthwise_s8(call);
  } else if (thimble_depthwise_is_narrow(call->layer) && call->layer->ring_rows == 0) {
    thimble_depthwise_narrow_s8(call);
  } else if (kernel == 3) {
    thimble_depthwise_3x3_s8(call);
  } else if (kernel == 5) {
    thimble_depthwise_5x5_s8(call);
  } else {
    thimble_depthwise_7x7_s8(call);
  }
}
