#pragma once
#include <cstdint>
#include <vector>

namespace thimble {

/// Something that needs its bytes from one step of the execution to another, both counted.
struct LiveBuffer {
  int first_step = 0;
  int last_step = 0;
  std::int64_t bytes = 0;
};

struct MemoryPlanOptions {
  std::int64_t alignment = 8;  ///< of every offset and size, in bytes
  int node_limit = 20000;      ///< placements that the exact search may try
};

struct MemoryPlan {
  std::vector<std::int64_t> offsets;   ///< bytes from the arena's start, in the order of the buffers
  std::int64_t bytes = 0;              ///< of the arena
  std::int64_t lower_bound_bytes = 0;  ///< most bytes live in any one step: no placement is smaller
  bool optimal = false;                ///< proved: the bound is reached, or the search came to its end
};

/// Places buffers in one arena so that no two that live in a common step overlap.
///
/// First-fit by size gives a start. Where it misses the lower bound, a branch-and-bound search places buffers in the
/// order of their offsets, each as low as those below it allow: every placement can be pushed down into that form, so a
/// search that ends is exact. Sub-trees are cut where some step's bytes cannot fit any more.
/// @param buffers  bytes > 0, first_step <= last_step
MemoryPlan plan_memory(const std::vector<LiveBuffer>& buffers, const MemoryPlanOptions& options = {});

/// Most bytes live in any one step, sizes rounded up to `alignment`.
std::int64_t live_bytes_bound(const std::vector<LiveBuffer>& buffers, std::int64_t alignment = 8);

}  // namespace thimble
