#include "profiler/farm/canary.hpp"

#include <cmath>

#include "deploy/plan.hpp"
#include "graph/base/check.hpp"
#include "search/space/graph_builder.hpp"

namespace thimble {

ProbePlan canary_plan() {
  Graph graph;
  GraphBuilder builder(graph, 16, 16, 3);
  builder.conv("stem", 8, 3, 2, Activation::kRelu6);
  builder.inverted_bottleneck("block", true, 24, 8, 3, 1, true);
  builder.global_pool("pool");
  builder.fully_connected("classes", 10);
  builder.finish();
  const Result<Plan, PlanError> plan = make_plan(graph);
  THIMBLE_CHECK(plan.has_value(), "the canary is a network that every board runs");
  return probe_plan(*plan, graph);
}

bool canaries_agree(std::int64_t cycles, std::int64_t expected) {
  return std::abs(static_cast<double>(cycles - expected)) <= kCanaryTolerance * static_cast<double>(expected);
}

}  // namespace thimble
