#include "deploy/host_executor.hpp"

#include "graph/int8_interpreter.hpp"
#include "tests/catch.hpp"
#include "tests/deploy/random_networks.hpp"

using namespace thimble;

namespace {

std::vector<std::int8_t> random_bytes(std::int64_t count, Rng& rng) {
  std::vector<std::int8_t> bytes;
  for (std::int64_t i = 0; i < count; ++i) bytes.push_back(static_cast<std::int8_t>(rng.between(-128, 127)));
  return bytes;
}

}  // namespace

TEST_CASE("the kernels in the planned arena give the reference's bits, layer by layer", "[deploy][host_executor]") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const test::RandomNetwork network = test::random_network(seed);
    const Int8Interpreter reference(network.int8);
    Int8Workspace expected = reference.workspace();
    for (const PlanOptions& options : {PlanOptions{}, {.in_place = false}, {.isa = Isa::kMve}}) {
      const Result<Plan, PlanError> plan = make_plan(network.int8, options);
      REQUIRE(plan);
      HostExecutor executor(*plan, network.int8);
      Rng rng({seed, 99});
      for (int round = 0; round < 3; ++round) {
        const std::vector<std::int8_t> input = random_bytes(plan->input_bytes, rng);
        reference.run(input, expected);
        const auto output = executor.run(input, [&](const Step& step, std::span<const std::int8_t> layer_output) {
          const Operator& op = network.int8.operators[static_cast<std::size_t>(step.op)];
          INFO("seed " << seed << " layer " << op.name << " in place " << step.in_place);
          const auto& wanted = expected.values[static_cast<std::size_t>(op.outputs[0])];
          REQUIRE(std::vector<std::int8_t>(layer_output.begin(), layer_output.end()) == wanted);
        });
        REQUIRE(output == expected.values[static_cast<std::size_t>(network.int8.outputs[0])]);
      }
    }
  }
}
