#include "plan.h"

#include "core.h"
#include "deploy/kernels/layer_table.h"
#include "memory.h"
#include "stack.h"
#include "timer.h"

/* Where the weights of every layer lie: any constants will do, because a kernel's time does not depend on them. */
extern uint8_t thimble_window_start[], thimble_window_end[];
/* Aligned to 8 bytes. */
extern uint8_t thimble_arena_start[], thimble_arena_end[];

enum { GUARD_BYTES = 64, OVERRUN_BEFORE = 1, OVERRUN_BEHIND = 2 };
static const uint8_t guard_byte = 0xa5;
static const uint8_t activation_byte = 0x11; /* the arena before every run: the same run, the same time */

/* The layers are kept as a deployed model has them, and read as it reads them: so a run takes the same time. The
 * table's kernels are those of the library, by their numbers. */
static _Alignas(4) uint16_t halves[PLAN_MAX_LAYERS * THIMBLE_TABLE_MOST_HALVES];
static uint32_t halves_used;
static thimble_kernel kernels[THIMBLE_KERNEL_COUNT];
static thimble_layer last_layer;
static uint32_t layer_count, layers_received, arena_bytes;
_Static_assert((int)THIMBLE_KERNEL_COUNT <= (int)THIMBLE_TABLE_MOST_KERNELS,
               "the table's index holds every kernel's number");

static const plan_outcome well = {0, PROBE_NO_LAYER, 0};

static plan_outcome failed(uint32_t error, uint32_t layer, uint32_t detail) {
  return (plan_outcome){error, layer, detail};
}

static int8_t* arena(void) { return (int8_t*)thimble_arena_start + GUARD_BYTES; }

uint32_t plan_arena_capacity(void) { return (uint32_t)(thimble_arena_end - thimble_arena_start) - 2u * GUARD_BYTES; }

uint32_t plan_window_capacity(void) { return (uint32_t)(thimble_window_end - thimble_window_start); }

plan_outcome plan_begin(uint32_t bytes, uint32_t count) {
  layer_count = layers_received = 0;
  if (count > PLAN_MAX_LAYERS) return failed(PROBE_TOO_MANY_LAYERS, PROBE_NO_LAYER, PLAN_MAX_LAYERS);
  if (bytes > plan_arena_capacity()) return failed(PROBE_ARENA_TOO_LARGE, PROBE_NO_LAYER, plan_arena_capacity());
  for (uint32_t i = 0; i < THIMBLE_KERNEL_COUNT; ++i) {
    const thimble_kernel_entry* entry = thimble_kernel_by_id(i);
    kernels[i] = entry ? entry->kernel : 0;
  }
  last_layer = (thimble_layer){0};
  halves_used = 0;
  arena_bytes = bytes;
  layer_count = count;
  return well;
}

plan_outcome plan_add_layer(uint32_t index, const uint32_t words[PROBE_LAYER_WORDS]) {
  const uint32_t kernel = words[0], weight_bytes = words[THIMBLE_LAYER_WORDS];
  if (index != layers_received || index >= layer_count)
    return failed(PROBE_LAYERS_OUT_OF_ORDER, index, layers_received);
  if (!thimble_kernel_by_id(kernel)) return failed(PROBE_UNKNOWN_KERNEL, index, kernel);
  if (weight_bytes > plan_window_capacity()) return failed(PROBE_WEIGHTS_TOO_LARGE, index, weight_bytes);
  thimble_layer layer;
  const thimble_status status = thimble_layer_from_words(&layer, words);
  if (status != THIMBLE_OK) return failed(PROBE_BAD_LAYER, index, (uint32_t)status);
  layer.weights = weight_bytes ? (const uint32_t*)(const void*)thimble_window_start : 0;
  const thimble_status checked = thimble_check_layer(kernel, &layer, weight_bytes, arena(), arena_bytes);
  if (checked != THIMBLE_OK) return failed(PROBE_BAD_LAYER, index, (uint32_t)checked);
  if (layer.wide > 3) return failed(PROBE_BAD_LAYER, index, (uint32_t)THIMBLE_BAD_LAYER);
  /* No words of weights: every layer's begin at the window's start. */
  const int reads_input2 = layer.operands == 2 || kernel == THIMBLE_CONCAT;
  halves_used += thimble_put_layer(&last_layer, &layer, kernel, 0, reads_input2, halves + halves_used);
  ++layers_received;
  return well;
}

static void fill(volatile uint8_t* to, uint32_t size, uint8_t value) {
  const uint32_t word = value * 0x01010101u;
  for (; size >= 4; size -= 4, to += 4) *(volatile uint32_t*)(volatile void*)to = word;
  for (; size > 0; --size) *to++ = value;
}

static void fill_arena(void) {
  uint8_t* start = (uint8_t*)arena();
  fill(start - GUARD_BYTES, GUARD_BYTES, guard_byte);
  fill(start, arena_bytes, activation_byte);
  for (uint32_t i = 0; i < GUARD_BYTES; ++i) start[arena_bytes + i] = guard_byte;
}

/* 0, or which guard was written to. */
static uint32_t arena_overrun(void) {
  const uint8_t* start = (const uint8_t*)arena();
  for (uint32_t i = 1; i <= GUARD_BYTES; ++i)
    if (start[-(int32_t)i] != guard_byte) return OVERRUN_BEFORE;
  for (uint32_t i = 0; i < GUARD_BYTES; ++i)
    if (start[arena_bytes + i] != guard_byte) return OVERRUN_BEHIND;
  return 0;
}

static const uint32_t* window(void) { return (const uint32_t*)(const void*)thimble_window_start; }

static thimble_table table_of_plan(void) { return (thimble_table){halves, kernels, window(), layer_count}; }

static void run_total(int cold, uint32_t* cycles) {
  const thimble_table table = table_of_plan();
  if (cold) memory_make_cold();
  timer_start();
  region_begin();
  thimble_run_table(&table, arena());
  region_end();
  *cycles = timer_stop();
}

static void run_per_layer(int cold, uint32_t* cycles) {
  thimble_reader reader = {halves, kernels, window()};
  thimble_layer layer = {0};
  for (uint32_t i = 0; i < layer_count; ++i) {
    if (cold) memory_make_cold();
    timer_start();
    region_begin();
    thimble_next_layer(&reader, &layer);
    thimble_run_layer(&layer, arena());
    region_end();
    cycles[i] = timer_stop();
  }
}

/* What the timed runs will read is in the caches. */
static void warm_up(void) {
  const thimble_table table = table_of_plan();
  fill_arena();
  timer_guard();
  thimble_run_table(&table, arena());
  (void)timer_stop();
}

plan_outcome plan_run(uint32_t mode, uint32_t cache, uint32_t runs, plan_report* report) {
  if (mode != PROBE_TOTAL && mode != PROBE_PER_LAYER) return failed(PROBE_BAD_MODE, PROBE_NO_LAYER, mode);
  if (cache != PROBE_WARM && cache != PROBE_COLD) return failed(PROBE_BAD_CACHE, PROBE_NO_LAYER, cache);
  if (layer_count == 0 || layers_received != layer_count)
    return failed(PROBE_PLAN_INCOMPLETE, PROBE_NO_LAYER, layers_received);
  const uint32_t each = mode == PROBE_TOTAL ? 1 : layer_count;
  const int timed = timer_kind() != PROBE_TIMER_NONE;
  if (timed && runs > PLAN_MAX_LAYERS / each) return failed(PROBE_TOO_MANY_REGIONS, PROBE_NO_LAYER, PLAN_MAX_LAYERS);
  report->regions = report->stack_bytes = 0;
  if (cache == PROBE_WARM && (memory_flags() & PROBE_CACHES)) warm_up();
  for (uint32_t run = 0; run < runs; ++run) {
    fill_arena();
    uint32_t* const cycles = &report->cycles[timed ? report->regions : 0];
    const uintptr_t top = stack_paint();
    if (mode == PROBE_TOTAL)
      run_total(cache == PROBE_COLD, cycles);
    else
      run_per_layer(cache == PROBE_COLD, cycles);
    const uint32_t used = stack_used(top);
    if (stack_overflowed()) return failed(PROBE_STACK_OVERFLOW, PROBE_NO_LAYER, stack_capacity());
    const uint32_t overrun = arena_overrun();
    if (overrun) return failed(PROBE_ARENA_OVERRUN, PROBE_NO_LAYER, overrun);
    if (used > report->stack_bytes) report->stack_bytes = used;
    report->regions += each;
  }
  return well;
}
