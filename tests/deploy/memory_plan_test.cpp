#include "deploy/memory_plan.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "graph/base/rng.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

struct Buffer {
  int first, last;  // steps
  std::int64_t bytes;
};

/// Tensor 0 is the input; step i makes tensor i + 1 of the one before it, and now and then of an earlier one too.
MemoryProblem random_chain(Rng& rng, int steps, bool scratch) {
  MemoryProblem problem;
  problem.tensor_bytes.push_back(8 * rng.between(1, 12));
  for (int i = 0; i < steps; ++i) {
    StepMemory step;
    step.inputs = {i};
    if (i >= 2 && rng.chance(0.3)) step.inputs.push_back(i - 2);
    step.output = i + 1;
    if (scratch && rng.chance(0.5)) step.scratch_bytes = 8 * rng.between(1, 6);
    problem.steps.push_back(step);
    problem.tensor_bytes.push_back(8 * rng.between(1, 12));
  }
  problem.inputs = {0};
  problem.outputs = {steps};
  return problem;
}

std::vector<Buffer> buffers_of(const MemoryProblem& problem) {
  std::vector<Buffer> buffers;
  for (std::size_t tensor = 0; tensor < problem.tensor_bytes.size(); ++tensor)
    buffers.push_back({static_cast<int>(tensor) - 1, static_cast<int>(tensor) - 1, problem.tensor_bytes[tensor]});
  for (std::size_t i = 0; i < problem.steps.size(); ++i)
    for (int input : problem.steps[i].inputs) buffers[static_cast<std::size_t>(input)].last = static_cast<int>(i);
  buffers[static_cast<std::size_t>(problem.outputs[0])].last = static_cast<int>(problem.steps.size());
  for (std::size_t i = 0; i < problem.steps.size(); ++i)
    if (problem.steps[i].scratch_bytes > 0)
      buffers.push_back({static_cast<int>(i), static_cast<int>(i), problem.steps[i].scratch_bytes});
  return buffers;
}

bool meet(const Buffer& a, const Buffer& b) { return a.first <= b.last && b.first <= a.last; }

/// The best over all orders of putting each buffer on top of those it meets: reaches the optimum, in factorial time.
std::int64_t least_bytes(const std::vector<Buffer>& buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  do {
    std::vector<std::int64_t> end(buffers.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      std::int64_t offset = 0;
      for (std::size_t j = 0; j < i; ++j)
        if (meet(buffers[order[i]], buffers[order[j]])) offset = std::max(offset, end[j]);
      end[i] = offset + buffers[order[i]].bytes;
    }
    least = std::min(least, *std::max_element(end.begin(), end.end()));
  } while (std::next_permutation(order.begin(), order.end()));
  return least;
}

std::vector<std::int64_t> offsets_of(const MemoryProblem& problem, const MemoryPlan& plan) {
  std::vector<std::int64_t> offsets = plan.tensor_offsets;
  for (std::size_t i = 0; i < problem.steps.size(); ++i)
    if (problem.steps[i].scratch_bytes > 0) offsets.push_back(plan.scratch_offsets[i]);
  return offsets;
}

}  // namespace

TEST_CASE("a tensor that is dead gives its bytes to the next one", "[deploy][memory_plan]") {
  // Step 0: 100 -> 40, step 1: 40 -> 60. 100 rounds up to 104; the 60 lie where the 100 were.
  MemoryProblem problem;
  problem.tensor_bytes = {100, 40, 60};
  problem.steps = {{{0}, 1, 0, {}}, {{1}, 2, 0, {}}};
  problem.inputs = {0};
  problem.outputs = {2};
  const MemoryPlan plan = plan_memory(problem);
  CHECK(plan.bytes == 104 + 40);
  CHECK(plan.lower_bound_bytes == 144);
  CHECK(plan.peak_step == 0);
}

TEST_CASE("a step writes over its input only where that lowers the peak", "[deploy][memory_plan]") {
  // 80 -> 80 -> 16. The first step may roll: its output 16 bytes below its input, or right over it with 24 of scratch.
  MemoryProblem problem;
  problem.tensor_bytes = {80, 80, 16};
  problem.steps = {{{0}, 1, 0, {{0, 16, 0}, {0, 0, 24}}}, {{1}, 2, 0, {{0, 0, 0}}}};
  problem.inputs = {0};
  problem.outputs = {2};
  const MemoryPlan plan = plan_memory(problem);
  CHECK(plan.bytes == 96);  // 80 + 16, and as much for the second step with the two apart
  CHECK(plan.overlaps == std::vector<int>{0, -1});
  CHECK(plan.tensor_offsets[1] == plan.tensor_offsets[0] - 16);
  const MemoryPlan apart = plan_memory(problem, {.overlap = false});
  CHECK(apart.bytes == 160);
  CHECK(apart.overlaps == std::vector<int>{-1, -1});
}

TEST_CASE("an input that is read again, or twice, is not written over", "[deploy][memory_plan]") {
  MemoryProblem problem;
  problem.tensor_bytes = {80, 80, 80};
  problem.steps = {{{0}, 1, 0, {{0, 0, 0}}}, {{0, 1}, 2, 0, {}}};
  problem.inputs = {0};
  problem.outputs = {2};
  CHECK(plan_memory(problem).overlaps[0] == -1);
  problem.steps = {{{0, 0}, 1, 0, {{0, 0, 0}}}, {{1}, 2, 0, {}}};
  CHECK(plan_memory(problem).overlaps[0] == -1);
}

TEST_CASE("no two live buffers overlap and offsets are aligned, whatever the lives", "[deploy][memory_plan]") {
  Rng rng({7});
  for (int trial = 0; trial < 300; ++trial) {
    const MemoryProblem problem = random_chain(rng, rng.between(1, 30), true);
    const MemoryPlan plan = plan_memory(problem);
    const std::vector<Buffer> buffers = buffers_of(problem);
    const std::vector<std::int64_t> offsets = offsets_of(problem, plan);
    for (std::size_t a = 0; a < buffers.size(); ++a) {
      REQUIRE(offsets[a] % 8 == 0);
      REQUIRE(offsets[a] + buffers[a].bytes <= plan.bytes);
      for (std::size_t b = 0; b < a; ++b)
        if (meet(buffers[a], buffers[b]))
          REQUIRE((offsets[a] + buffers[a].bytes <= offsets[b] || offsets[b] + buffers[b].bytes <= offsets[a]));
    }
  }
}

TEST_CASE("a chain with shortcuts is placed in the least bytes that any placement needs", "[deploy][memory_plan]") {
  Rng rng({11});
  int at_the_bound = 0;
  for (int trial = 0; trial < 150; ++trial) {
    const MemoryProblem problem = random_chain(rng, 5, trial % 3 == 0);
    const std::vector<Buffer> buffers = buffers_of(problem);
    if (buffers.size() > 8) continue;
    const MemoryPlan plan = plan_memory(problem);
    REQUIRE(plan.bytes == least_bytes(buffers));
    at_the_bound += plan.bytes == plan.lower_bound_bytes ? 1 : 0;
  }
  CHECK(at_the_bound > 50);
}
