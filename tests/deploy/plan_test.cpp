#include "deploy/plan.hpp"

#include "tests/catch.hpp"
#include "tests/deploy/random_networks.hpp"

using namespace thimble;

namespace {

struct Range {
  std::int64_t begin, end;
  bool meets(const Range& other) const { return begin < other.end && other.begin < end; }
};

/// Last step that reads each tensor; the output is read after the last one.
std::vector<int> last_reads(const Graph& graph, const Plan& plan) {
  std::vector<int> last(graph.tensors.size(), -1);
  const std::vector<const Step*> steps = plan.steps();
  for (std::size_t i = 0; i < steps.size(); ++i)
    for (int tensor : graph.operators[static_cast<std::size_t>(steps[i]->op)].inputs)
      last[static_cast<std::size_t>(tensor)] = static_cast<int>(i);
  last[static_cast<std::size_t>(graph.outputs[0])] = static_cast<int>(steps.size());
  return last;
}

/// Steps through the plan and looks at every write: it may hit nothing that is still to be read.
void check_no_live_overlap(const Graph& graph, const Plan& plan) {
  const std::vector<int> last = last_reads(graph, plan);
  const auto range = [&](int tensor) {
    const std::int64_t begin = plan.offsets[static_cast<std::size_t>(tensor)];
    return Range{begin, begin + graph.tensor(tensor).elements()};
  };
  std::vector<int> written = graph.inputs;
  const std::vector<const Step*> steps = plan.steps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Operator& op = graph.operators[static_cast<std::size_t>(steps[i]->op)];
    const Range output = range(op.outputs[0]);
    const Range scratch{steps[i]->layer.scratch,
                        steps[i]->layer.scratch + static_cast<std::int64_t>(steps[i]->layer.scratch_bytes)};
    REQUIRE(output.begin >= 0);
    REQUIRE(output.end <= plan.arena_bytes);
    REQUIRE(scratch.end <= plan.arena_bytes);
    REQUIRE_FALSE((steps[i]->layer.scratch_bytes > 0 && scratch.meets(output)));
    for (int tensor : written) {
      const int read = last[static_cast<std::size_t>(tensor)];
      if (read >= static_cast<int>(i))
        REQUIRE_FALSE((steps[i]->layer.scratch_bytes > 0 && scratch.meets(range(tensor))));
      const bool own_input = steps[i]->in_place && tensor == op.inputs[0] && read == static_cast<int>(i);
      if (read >= static_cast<int>(i) && !own_input) REQUIRE_FALSE(output.meets(range(tensor)));
    }
    written.push_back(op.outputs[0]);
  }
}

Graph chain_of_two() {
  // 1x1 convolution 4x4x2 -> 4x4x6, then 4x4x6 -> 4x4x2.
  Graph graph;
  const auto tensor = [&](const std::string& name, Shape shape, bool constant) {
    Tensor t;
    t.name = name;
    t.shape = std::move(shape);
    t.constant = constant;
    return graph.add(std::move(t));
  };
  const int input = tensor("input", {1, 4, 4, 2}, false), wide = tensor("wide", {1, 4, 4, 6}, false);
  const int output = tensor("output", {1, 4, 4, 2}, false);
  Operator expand, project;
  expand.name = "expand";
  expand.inputs = {input, tensor("w1", {6, 1, 1, 2}, true), tensor("b1", {6}, true)};
  expand.outputs = {wide};
  project.name = "project";
  project.inputs = {wide, tensor("w2", {2, 1, 1, 6}, true), tensor("b2", {2}, true)};
  project.outputs = {output};
  graph.operators = {expand, project};
  graph.inputs = {input};
  graph.outputs = {output};
  return graph;
}

}  // namespace

TEST_CASE("two layers share one arena", "[deploy][plan]") {
  const Graph graph = chain_of_two();
  const Result<Plan, PlanError> plan = make_plan(graph, {.in_place = false});
  REQUIRE(plan);
  std::int64_t scratch = 0;
  for (const Step* step : plan->steps()) scratch = std::max<std::int64_t>(scratch, step->layer.scratch_bytes);
  CHECK(plan->arena_bytes == 4 * 4 * 2 + 4 * 4 * 6 + scratch);
  CHECK(plan->arena_lower_bound_bytes == plan->arena_bytes);
  CHECK(plan->steps().size() == 2);
  CHECK(plan->input_bytes == 32);
  CHECK(plan->output_bytes == 32);
}

TEST_CASE("a plan above the limit says what it needs and where", "[deploy][plan]") {
  const Result<Plan, PlanError> plan = make_plan(chain_of_two(), {.arena_limit_bytes = 100});
  REQUIRE_FALSE(plan);
  CHECK(plan.error().unsupported.empty());
  CHECK(plan.error().needed_bytes > 100);
  CHECK(plan.error().limit_bytes == 100);
  CHECK((plan.error().peak_layer == "expand" || plan.error().peak_layer == "project"));
}

TEST_CASE("every operator without a kernel is named at once", "[deploy][plan]") {
  Graph graph = chain_of_two();
  graph.operators[0].type = OpType::kDequantize;
  graph.operators[1].type = OpType::kDequantize;
  const Result<Plan, PlanError> plan = make_plan(graph);
  REQUIRE_FALSE(plan);
  REQUIRE(plan.error().unsupported.size() == 2);
  CHECK(plan.error().unsupported[0].starts_with("expand: "));
  CHECK(plan.error().unsupported[1].starts_with("project: "));
}

TEST_CASE("no step writes over what is still to be read, in any subnet", "[deploy][plan]") {
  const SearchSpace space = test::small_space();
  Rng rng({3});
  int in_place = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const Graph graph = to_graph(space, sample(space, rng));
    for (bool allowed : {true, false}) {
      const Result<Plan, PlanError> plan = make_plan(graph, {.in_place = allowed});
      REQUIRE(plan);
      check_no_live_overlap(graph, *plan);
      CHECK(plan->arena_bytes >= plan->arena_lower_bound_bytes);
      CHECK(plan->arena_bytes <= plan->arena_lower_bound_bytes * (allowed ? 1.02 : 1.0));
      for (const Step* step : plan->steps()) in_place += step->in_place ? 1 : 0;
    }
  }
  CHECK(in_place > 0);
}

TEST_CASE("a plan from shapes is the plan of the int8 network", "[deploy][plan]") {
  const test::RandomNetwork network = test::random_network(5);
  const Result<Plan, PlanError> from_shapes = make_plan(network.real), quantised = make_plan(network.int8);
  REQUIRE(from_shapes);
  REQUIRE(quantised);
  CHECK(from_shapes->arena_bytes == quantised->arena_bytes);
  CHECK(from_shapes->offsets == quantised->offsets);
  const auto a = from_shapes->steps(), b = quantised->steps();
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i]->weight_bytes == b[i]->weight_bytes);
}

TEST_CASE("a product with a constant pixel goes row by row where its output lies a little before its input",
          "[deploy][plan]") {
  thimble_layer layer{};
  layer.kernel = thimble_mul_s8;
  layer.in_h = layer.out_h = layer.in_w = layer.out_w = 3, layer.in_c = layer.out_c = 12;
  layer.kernel_h = layer.kernel_w = layer.stride_h = layer.stride_w = 1;
  layer.operands = 1, layer.broadcast = THIMBLE_PIXEL;
  layer.input = 400;
  layer.output =
      400 - 40;  // a row, rounded up: channel by channel, pixel 4 would write over channels 8 to 11 of pixel 0
  CHECK(thimble_ring_rows(&layer) == 1);
  layer.output = layer.input;
  CHECK(thimble_ring_rows(&layer) == 0);
}
