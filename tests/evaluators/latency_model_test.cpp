#include "evaluators/latency_model.hpp"

#include <cmath>

#include "evaluators/subnet_planner.hpp"
#include "tests/catch.hpp"
#include "tests/evaluators/inventory.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

namespace {

/// A made-up board: two products at once, at a price that depends on the kernel; each output, row and layer costs
/// something.
std::int64_t made_up_cycles(const ProbeLayer& layer, std::uint64_t noise_seed) {
  thimble_layer shape{};
  thimble_layer_from_words(&shape, layer.words.data());
  const double outputs = 1.0 * shape.out_h * shape.out_w * shape.out_c;
  const int taps = shape.kernel_h * shape.kernel_w;
  const double pairs = layer.op == "depthwise_conv2d" ? outputs * ((taps + 1) / 2) : layer.macs / 2.0;
  const double per_pair = 2.0 + layer.words[0];
  const double cycles = per_pair * pairs + 3.0 * outputs + 40.0 * shape.out_h + 200;
  return std::llround(cycles * (1 + Rng({noise_seed, layer.words[0]}).uniform(-0.02, 0.02) * (noise_seed > 0)));
}

std::vector<ProbedPlan> probed_plans(int count, std::uint64_t seed, bool noise) {
  SearchSpace space = test::published_space();
  space.resolutions = {128, 192};  // rows of even length in every stage
  const SubnetPlanner planner(space, test::made_up_inventory());
  std::vector<ProbedPlan> probed;
  for (int i = 0; i < count; ++i) {
    Rng rng({seed, static_cast<std::uint64_t>(i)});
    const auto planned = planner.plan(sample(planner.space(), rng));
    ProbedPlan one{probe_plan(planned->plan, planned->graph), {}};
    for (const ProbeLayer& layer : one.plan.layers) {
      LayerMeasurement measured;
      measured.cycles = made_up_cycles(layer, noise ? rng.next() : 0);
      one.measurement.cycles += measured.cycles - 10;  // a whole run saves 10 cycles per layer
      one.measurement.layers.push_back(measured);
    }
    probed.push_back(std::move(one));
  }
  return probed;
}

}  // namespace

TEST_CASE("a board whose time is linear in work, rows and calls is predicted", "[evaluators][latency_model]") {
  const LatencyModel model = LatencyModel::fit(probed_plans(12, 1, false));
  for (const ProbedPlan& unseen : probed_plans(20, 2, false))
    CHECK(model.predict(unseen.plan) == Approx(unseen.measurement.cycles).epsilon(0.002));
}

TEST_CASE("noise of 2 % in every layer leaves predictions within a few per cent", "[evaluators][latency_model]") {
  const auto probed = probed_plans(12, 3, true);
  const LatencyModel model = LatencyModel::fit(probed);
  for (const ProbedPlan& unseen : probed_plans(20, 4, false))
    CHECK(model.predict(unseen.plan) == Approx(unseen.measurement.cycles).epsilon(0.03));
}

TEST_CASE("cross-validation holds every plan out once and tells the error", "[evaluators][latency_model]") {
  const PredictionError exact = cross_validate(probed_plans(12, 5, false), 4);
  CHECK(exact.plans == 12);
  CHECK(exact.mean < 0.002);
  CHECK(exact.mean <= exact.worst);
  const PredictionError noisy = cross_validate(probed_plans(12, 5, true), 4);
  CHECK(noisy.mean > exact.mean);
  CHECK(noisy.worst < 0.05);
}

TEST_CASE("a kernel that was never measured is priced like the others", "[evaluators][latency_model]") {
  auto probed = probed_plans(8, 6, false);
  for (ProbedPlan& one : probed) {  // forget the pool and what follows
    one.measurement.layers.resize(one.measurement.layers.size() - 2);
  }
  const LatencyModel model = LatencyModel::fit(probed);
  const ProbedPlan unseen = probed_plans(1, 7, false)[0];
  CHECK(model.predict(unseen.plan) == Approx(unseen.measurement.cycles).epsilon(0.2));
}
