#include "deploy/kernel_choice.hpp"

#include "deploy/kernel_cost.hpp"
#include "deploy/plan.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

using Layers = std::vector<std::vector<KernelOption>>;
using Choice = std::vector<std::size_t>;

KernelOption direct(std::int64_t cycles, std::int64_t bytes) { return {THIMBLE_CONV2D, cycles, bytes}; }
KernelOption winograd(std::int64_t cycles, std::int64_t bytes) { return {THIMBLE_WINOGRAD, cycles, bytes}; }

const std::int64_t kDirectCode = code_bytes(THIMBLE_CONV2D), kWinogradCode = code_bytes(THIMBLE_WINOGRAD);

std::int64_t bytes_of(const Layers& layers, const Choice& choice) {
  std::int64_t bytes = 0;
  bool uses_direct = false, uses_winograd = false;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const KernelOption& option = layers[i][choice[i]];
    bytes += option.bytes;
    (option.kernel == THIMBLE_CONV2D ? uses_direct : uses_winograd) = true;
  }
  return bytes + (uses_direct ? kDirectCode : 0) + (uses_winograd ? kWinogradCode : 0);
}

/// A network of 3x3 convolutions of stride 1 over 16x16 pixels, each with `channels` channels; no weights.
Graph network(int layers, int channels) {
  Graph graph;
  const auto tensor = [&](Shape shape, bool constant) {
    Tensor t;
    t.name = "t" + std::to_string(graph.tensors.size()), t.shape = std::move(shape), t.constant = constant;
    return graph.add(t);
  };
  int input = tensor({1, 16, 16, channels}, false);
  graph.inputs = {input};
  for (int i = 0; i < layers; ++i) {
    Operator op;
    op.type = OpType::kConv2D, op.name = "conv" + std::to_string(i), op.activation = Activation::kRelu6;
    op.kernel_h = op.kernel_w = 3, op.stride_h = op.stride_w = 1, op.padding = {1, 1, 1, 1};
    op.inputs = {input, tensor({channels, 3, 3, channels}, true), tensor({channels}, true)};
    op.outputs = {input = tensor({1, 16, 16, channels}, false)};
    graph.operators.push_back(op);
  }
  graph.outputs = {input};
  return graph;
}

int count(const Plan& plan, thimble_kernel_id kernel) {
  int steps = 0;
  for (const Step* step : plan.steps()) steps += step->kernel == kernel;
  return steps;
}

}  // namespace

TEST_CASE("speed takes the fastest kernel of each layer, size the fewest bytes of all", "[deploy][kernel_choice]") {
  const Layers layers = {{direct(100, 10)}, {direct(100, 10), winograd(60, 36)}, {direct(50, 5), winograd(70, 9)}};
  CHECK(choose_kernels(layers, PlanMode::kSpeed, 0) == Choice{0, 1, 0});
  CHECK(choose_kernels(layers, PlanMode::kSize, 0) == Choice{0, 0, 0});
}

TEST_CASE("size is never more than half as slow again as speed", "[deploy][kernel_choice]") {
  // 2000 cycles against 1100: one layer must be fast, and it is the one that pays least for it.
  const Layers layers = {
      {direct(1000, 100), winograd(500, 500)}, {direct(1000, 100), winograd(600, 200)}, {direct(10, 100)}};
  CHECK(choose_kernels(layers, PlanMode::kSize, 0) == Choice{0, 1, 0});
  CHECK(choose_kernels({{direct(1500, 10), winograd(1000, 9999)}}, PlanMode::kSize, 0) == Choice{0});
  CHECK(choose_kernels({{direct(1501, 10), winograd(1000, 9999)}}, PlanMode::kSize, 0) == Choice{1});
}

TEST_CASE("what kernels share counts once", "[deploy][kernel_choice]") {
  const KernelSet both = KernelSet().set(THIMBLE_CONV2D).set(THIMBLE_POINTWISE);
  CHECK(code_bytes(both) < code_bytes(THIMBLE_CONV2D) + code_bytes(THIMBLE_POINTWISE));
  CHECK(code_bytes(both) > code_bytes(THIMBLE_CONV2D));
  CHECK(code_bytes(THIMBLE_SMALL_CONV2D) < code_bytes(THIMBLE_CONV2D));
  CHECK(code_bytes(THIMBLE_SMALL_DEPTHWISE) < code_bytes(THIMBLE_DEPTHWISE_3X3));
}

TEST_CASE("size counts the code that a kernel brings", "[deploy][kernel_choice]") {
  // The smaller weights of one layer do not pay for a second kernel; where all layers can have it, they do.
  CHECK(choose_kernels({{direct(9, 100)}, {direct(9, 100), winograd(5, 90)}}, PlanMode::kSize, 0) == Choice{0, 0});
  const std::int64_t more = kWinogradCode - kDirectCode;
  CHECK(choose_kernels({{winograd(5, 90)}, {direct(9, 100), winograd(5, 90 + more)}}, PlanMode::kSize, 0) ==
        Choice{0, 1});
}

TEST_CASE("under a budget the bytes go where they save most cycles", "[deploy][kernel_choice]") {
  const Layers layers = {{direct(1000, 100), winograd(600, 400)},  // 400 cycles for 300 bytes
                         {direct(1000, 100), winograd(500, 350)},  // 500 for 250
                         {direct(1000, 100), winograd(900, 150)},  // 100 for 50
                         {direct(10, 100)}};
  const std::int64_t least = 400 + kDirectCode, kernel = kWinogradCode;
  CHECK(choose_kernels(layers, PlanMode::kSpeed, least) == Choice{0, 0, 0, 0});
  CHECK(choose_kernels(layers, PlanMode::kSpeed, least + kernel + 49) == Choice{0, 0, 0, 0});
  CHECK(choose_kernels(layers, PlanMode::kSpeed, least + kernel + 50) == Choice{0, 0, 1, 0});
  CHECK(choose_kernels(layers, PlanMode::kSpeed, least + kernel + 250) == Choice{0, 1, 0, 0});
  CHECK(choose_kernels(layers, PlanMode::kSpeed, least + kernel + 300) == Choice{0, 1, 1, 0});
  CHECK(choose_kernels(layers, PlanMode::kSpeed, least + kernel + 600) == Choice{1, 1, 1, 0});
  CHECK(choose_kernels(layers, PlanMode::kSpeed, 10) == Choice{0, 0, 0, 0});
  // Layers that can all do without the direct kernel: its code pays for weights.
  const Layers free(layers.begin(), layers.begin() + 3);
  CHECK(choose_kernels(free, PlanMode::kSpeed, 900 + kernel) == Choice{1, 1, 1});
}

TEST_CASE("no budget is exceeded that can be kept, and more bytes never cost cycles", "[deploy][kernel_choice]") {
  const Layers layers = {{direct(1000, 1000), winograd(610, 3600)},
                         {direct(4000, 2000), winograd(2200, 7200)},
                         {direct(300, 500)},
                         {direct(900, 4000), winograd(1100, 14000)},
                         {direct(2500, 3000), winograd(1500, 9000)}};
  std::int64_t before = INT64_MAX;
  for (std::int64_t budget = 10500 + kDirectCode; budget < 40000; budget += 100) {
    const Choice choice = choose_kernels(layers, PlanMode::kSpeed, budget);
    CHECK(bytes_of(layers, choice) <= budget);
    std::int64_t cycles = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) cycles += layers[i][choice[i]].cycles;
    INFO(budget);
    CHECK(cycles <= before);
    before = cycles;
  }
}

TEST_CASE("a plan takes Winograd for speed, little of it for size, and as much as the flash bears",
          "[deploy][kernel_choice][plan]") {
  const Graph graph = network(4, 24);
  const auto weights = [](const Plan& plan) {
    std::int64_t bytes = 0;
    for (const Step* step : plan.steps()) bytes += step->weight_bytes;
    return bytes;
  };
  const Result<Plan, PlanError> speed = make_plan(graph), size = make_plan(graph, {.mode = PlanMode::kSize});
  CHECK(count(*speed, THIMBLE_WINOGRAD) == 4);
  CHECK(count(*size, THIMBLE_WINOGRAD) == 1);  // without, it would be more than half as slow again
  CHECK(count(*size, THIMBLE_SMALL_CONV2D) == 3);
  CHECK(weights(*speed) > 2 * weights(*size));
  const std::int64_t one = (weights(*speed) - weights(*size)) / 3;
  const Result<Plan, PlanError> some = make_plan(
      graph,
      {.flash_budget_bytes =
           weights(*size) + code_bytes(KernelSet().set(THIMBLE_SMALL_CONV2D).set(THIMBLE_WINOGRAD)) + one + 1000});
  CHECK(count(*some, THIMBLE_WINOGRAD) == 2);
  CHECK(count(*some, THIMBLE_SMALL_CONV2D) == 2);
}
