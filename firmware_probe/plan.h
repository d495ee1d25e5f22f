/* The plan that the probe holds: layers over one arena. */
#ifndef THIMBLE_PROBE_PLAN_H
#define THIMBLE_PROBE_PLAN_H

#include "deploy/kernels/thimble.h"
#include "protocol.h"

#ifndef PLAN_MAX_LAYERS /* small boards hold fewer */
#define PLAN_MAX_LAYERS 512u
#endif

/* error: enum probe_error, 0 where all is well. */
typedef struct {
  uint32_t error, layer, detail;
} plan_outcome;

uint32_t plan_arena_capacity(void);
uint32_t plan_window_capacity(void);

/* Forgets what was there; `layers` layers will follow. */
plan_outcome plan_begin(uint32_t arena_bytes, uint32_t layers);
plan_outcome plan_add_layer(uint32_t index, const uint32_t words[PROBE_LAYER_WORDS]);
/* What a run was like. */
typedef struct {
  uint32_t regions, stack_bytes;
  uint32_t cycles[PLAN_MAX_LAYERS]; /* of each region, by timer.h */
} plan_report;

/* Checks the plan and runs it; sets the report where all is well.
 * mode: enum probe_mode; cache: enum probe_cache. */
plan_outcome plan_run(uint32_t mode, uint32_t cache, uint32_t runs, plan_report* report);

#endif
