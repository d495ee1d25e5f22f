#pragma once
#include "profiler/probe_plan.hpp"

namespace thimble::test {

/// Numbers of the kernels of faulty_kernels.c.
enum FaultyKernel { kReadNowhere, kUndefined, kWriteBefore, kWriteBehind, kUseStack, kNeverEnd };

inline constexpr std::uint32_t kFaultyArenaBytes = 1000;

/// A plan of one such kernel.
inline ProbePlan faulty_plan(FaultyKernel kernel, std::uint32_t calls = 0) {
  ProbePlan plan;
  plan.arena_bytes = kFaultyArenaBytes;
  plan.layers.resize(1);
  plan.layers[0].words[0] = kernel;
  plan.layers[0].words[1] = kFaultyArenaBytes;
  plan.layers[0].words[2] = calls;
  return plan;
}

}  // namespace thimble::test
