#include "deploy/memory_plan.hpp"

#include <algorithm>
#include <numeric>

#include "graph/base/rng.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

std::vector<LiveBuffer> random_buffers(Rng& rng, int count, int steps) {
  std::vector<LiveBuffer> buffers;
  for (int i = 0; i < count; ++i) {
    const int first = rng.between(0, steps - 1);
    buffers.push_back({first, std::min(steps - 1, first + rng.between(0, 3)), 8 * rng.between(1, 12)});
  }
  return buffers;
}

bool overlap(const std::vector<LiveBuffer>& buffers, const MemoryPlan& plan, std::size_t a, std::size_t b) {
  const bool in_time = buffers[a].first_step <= buffers[b].last_step && buffers[b].first_step <= buffers[a].last_step;
  const bool in_space =
      plan.offsets[a] < plan.offsets[b] + buffers[b].bytes && plan.offsets[b] < plan.offsets[a] + buffers[a].bytes;
  return in_time && in_space;
}

/// The best over all orders of putting each buffer on top of those it meets: reaches the optimum, in factorial time.
std::int64_t least_bytes(const std::vector<LiveBuffer>& buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  do {
    std::vector<std::int64_t> end(buffers.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      const LiveBuffer& buffer = buffers[order[i]];
      std::int64_t offset = 0;
      for (std::size_t j = 0; j < i; ++j) {
        const LiveBuffer& other = buffers[order[j]];
        if (buffer.first_step <= other.last_step && other.first_step <= buffer.last_step)
          offset = std::max(offset, end[j]);
      }
      end[i] = offset + buffer.bytes;
    }
    least = std::min(least, *std::max_element(end.begin(), end.end()));
  } while (std::next_permutation(order.begin(), order.end()));
  return least;
}

}  // namespace

TEST_CASE("a buffer that is dead gives its bytes to the next one", "[deploy][memory_plan]") {
  // 100 and 40 live together at step 0, 40 and 60 at step 1: the 60 lie where the 100 were.
  const MemoryPlan plan = plan_memory({{0, 0, 100}, {0, 1, 40}, {1, 1, 60}});
  CHECK(plan.bytes == 104 + 40);
  CHECK(plan.lower_bound_bytes == 144);
  CHECK(plan.optimal);
}

TEST_CASE("no buffers need no bytes", "[deploy][memory_plan]") {
  const MemoryPlan plan = plan_memory({});
  CHECK(plan.bytes == 0);
  CHECK(plan.optimal);
}

TEST_CASE("a placement that first-fit by size misses is found", "[deploy][memory_plan]") {
  // By size: 32 at 0, 24 over it, 16 ... the two that live long must lie at the two ends of the arena.
  const std::vector<LiveBuffer> buffers = {{0, 1, 16}, {1, 2, 32}, {2, 3, 24}, {3, 4, 40}, {0, 0, 48}, {4, 4, 24}};
  const MemoryPlan plan = plan_memory(buffers);
  CHECK(plan.bytes == least_bytes(buffers));
  CHECK(plan.optimal);
}

TEST_CASE("no two live buffers overlap and offsets are aligned, whatever the lives", "[deploy][memory_plan]") {
  Rng rng({7});
  for (int trial = 0; trial < 300; ++trial) {
    const std::vector<LiveBuffer> buffers = random_buffers(rng, rng.between(1, 40), rng.between(1, 30));
    const MemoryPlan plan = plan_memory(buffers, {.alignment = 8, .node_limit = 500});
    for (std::size_t a = 0; a < buffers.size(); ++a) {
      REQUIRE(plan.offsets[a] % 8 == 0);
      REQUIRE(plan.offsets[a] + buffers[a].bytes <= plan.bytes);
      for (std::size_t b = 0; b < a; ++b) REQUIRE_FALSE(overlap(buffers, plan, a, b));
    }
  }
}

TEST_CASE("a plan that calls itself optimal is the least of all placements", "[deploy][memory_plan]") {
  Rng rng({11});
  for (int trial = 0; trial < 120; ++trial) {
    const std::vector<LiveBuffer> buffers = random_buffers(rng, 7, 6);
    const MemoryPlan plan = plan_memory(buffers);
    REQUIRE(plan.optimal);
    REQUIRE(plan.bytes == least_bytes(buffers));
  }
}
