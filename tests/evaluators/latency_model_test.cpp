#include "evaluators/latency_model.hpp"

#include <map>
#include <span>

#include "evaluators/subnet_planner.hpp"
#include "tests/catch.hpp"
#include "tests/evaluators/fake_times.hpp"
#include "tests/evaluators/inventory.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

namespace {

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
      measured.cycles = test::made_up_cycles(layer, noise ? rng.next() : 0);
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

TEST_CASE("a layer of a shape that was measured needs what it needed then", "[evaluators][latency_model]") {
  const auto probed = probed_plans(6, 8, true);
  const LatencyModel model = LatencyModel::fit(std::span(probed).first(1));
  const std::vector<ProbeLayer>& layers = probed[0].plan.layers;
  std::map<LayerShape, std::pair<double, int>> sums;  // shapes that occur twice: their mean
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto& [sum, count] = sums[layer_shape_of(layers[i])];
    sum += static_cast<double>(probed[0].measurement.layers[i].cycles), ++count;
  }
  for (ProbeLayer layer : layers) {
    layer.words[1] += 64;  // lies elsewhere
    REQUIRE(model.has_measured(layer));
    const auto& [sum, count] = sums[layer_shape_of(layer)];
    CHECK(model.predict(layer) == Approx(sum / count).epsilon(1e-12));
    CHECK(model.fitted(layer) == Approx(model.predict(layer)).epsilon(0.1));
  }
  ProbeLayer larger = layers[0];
  larger.words[6] += 2, larger.words[9] += 1;
  CHECK_FALSE(model.has_measured(larger));
  CHECK(model.predict(larger) == model.fitted(larger));
}

TEST_CASE("a model learns on from where another one was", "[evaluators][latency_model]") {
  const auto probed = probed_plans(20, 9, false);
  const LatencyModel whole = LatencyModel::fit(probed), half = LatencyModel::fit(std::span(probed).first(10));
  const LatencyModel continued = LatencyModel::fit(std::span(probed).subspan(10), &half);
  CHECK(continued.parameters().table.size() == whole.parameters().table.size());
  CHECK(continued.parameters().overhead_layers == whole.parameters().overhead_layers);
  for (const ProbedPlan& unseen : probed_plans(5, 10, false))
    CHECK(continued.predict(unseen.plan) == Approx(whole.predict(unseen.plan)).epsilon(1e-6));
}

TEST_CASE("errors are told by mean, median, 90th percentile, worst and bias", "[evaluators][latency_model]") {
  const PredictionError e = prediction_error({0.01, -0.02, 0.03, -0.04, 0.10, 0.0, 0.0, 0.0, 0.0, 0.02});
  CHECK(e.plans == 10);
  CHECK(e.mean == Approx(0.022));
  CHECK(e.bias == Approx(0.010));
  CHECK(e.median == Approx(0.015));  // 0 0 0 0 1 2 2 3 4 10
  CHECK(e.percentile_90 == Approx(0.04));
  CHECK(e.worst == Approx(0.10));
}
