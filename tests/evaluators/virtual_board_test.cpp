#include "evaluators/latency_model.hpp"

#include <cmath>

#include "evaluators/subnet_planner.hpp"
#include "graph/base/error.hpp"
#include "profiler/probe.hpp"
#include "tests/catch.hpp"
#include "tests/evaluators/inventory.hpp"

using namespace thimble;

namespace {

std::unique_ptr<Probe> virtual_m4() {
  try {
    return make_probe(load_board("virtual-m4"));
  } catch (const BoardError&) {
    return nullptr;
  }
}

std::vector<ProbedPlan> run_samples(Probe& probe, const SubnetPlanner& planner, std::uint64_t seed, int count) {
  std::vector<ProbedPlan> probed;
  for (int i = 0; i < count; ++i) {
    Rng rng({seed, static_cast<std::uint64_t>(i)});
    const auto planned = planner.plan(sample(planner.space(), rng));
    const ProbePlan plan = probe_plan(planned->plan, planned->graph);
    probed.push_back({plan, probe.run(plan, {.runs = 1}).value()});
  }
  return probed;
}

}  // namespace

TEST_CASE("a dozen runs predict the virtual board's cycles within 4 %, 1.5 % on average",
          "[evaluators][latency_model][virtual]") {
  const auto probe = virtual_m4();
  if (!probe) {
    WARN("skipped: the probe firmware or its emulator is not on this machine");
    return;
  }
  const SubnetPlanner planner(load_space(THIMBLE_SOURCE_DIR "/configs/spaces/demo.yaml"), test::made_up_inventory());
  const LatencyModel model = LatencyModel::fit(run_samples(*probe, planner, 1, 12));
  double error = 0;
  const std::vector<ProbedPlan> unseen = run_samples(*probe, planner, 2, 8);
  for (const ProbedPlan& one : unseen) {
    const auto cycles = static_cast<double>(one.measurement.cycles);
    CHECK(model.predict(one.plan) == Approx(cycles).epsilon(0.04));
    error += std::abs(model.predict(one.plan) - cycles) / cycles / static_cast<double>(unseen.size());
  }
  CHECK(error < 0.015);
}
