#include "deploy/fitted_plan.hpp"

#include "deploy/build_firmware.hpp"
#include "deploy/c_writer.hpp"
#include "deploy/host_executor.hpp"
#include "deploy/quantize.hpp"
#include "deploy/random_weights.hpp"
#include "graph/base/files.hpp"
#include "graph/base/rng.hpp"
#include "graph/base/run_process.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

/// Two 3x3 convolutions of stride 1 over 10x11 pixels of 32 channels, which Winograd's kernel takes.
Graph float_network() {
  Graph graph;
  graph.name = "two";
  const auto tensor = [&](Shape shape, bool constant) {
    Tensor t;
    t.name = "t" + std::to_string(graph.tensors.size()), t.shape = std::move(shape), t.constant = constant;
    return graph.add(t);
  };
  int input = tensor({1, 10, 11, 32}, false);
  graph.inputs = {input};
  for (int i = 0; i < 2; ++i) {
    Operator op;
    op.type = OpType::kConv2D, op.name = "conv" + std::to_string(i);
    op.activation = i == 0 ? Activation::kRelu6 : Activation::kNone;
    op.kernel_h = op.kernel_w = 3, op.stride_h = op.stride_w = 1, op.padding = {1, 1, 1, 1};
    op.inputs = {input, tensor({32, 3, 3, 32}, true), tensor({32}, true)};
    op.outputs = {input = tensor({1, 10, 11, 32}, false)};
    graph.operators.push_back(op);
  }
  graph.outputs = {input};
  return graph;
}

std::vector<float> random_input(std::uint64_t seed) {
  Rng rng({seed});
  std::vector<float> values;
  for (int i = 0; i < 10 * 11 * 32; ++i) values.push_back(static_cast<float>(rng.uniform(-1, 1)));
  return values;
}

Graph int8_network() {
  Graph graph = float_network();
  fill_random_weights(graph, 3);
  const std::vector<std::vector<float>> inputs = {random_input(1), random_input(2)};
  return quantize(graph, inputs);
}

int winograd_layers(const Plan& plan) {
  int count = 0;
  for (const Step* step : plan.steps()) count += step->kernel == THIMBLE_WINOGRAD;
  return count;
}

KnownAnswers answers_of(const Plan& plan, const Graph& graph) {
  KnownAnswers answers;
  Rng rng({5});
  for (std::int64_t i = 0; i < plan.input_bytes; ++i)
    answers.inputs.push_back(static_cast<std::int8_t>(rng.between(-128, 127)));
  answers.outputs = HostExecutor(plan, graph).run(answers.inputs);
  return answers;
}

bool has(const std::string& program) { return run_process({program, "--version"}).exit_code == 0; }

}  // namespace

TEST_CASE("both modes link what was predicted from shapes, and give the same bits", "[deploy][fitted_plan]") {
  if (!has("arm-none-eabi-gcc") || !has("qemu-system-arm")) {
    WARN("skipped: arm-none-eabi-gcc or qemu-system-arm is not installed");
    return;
  }
  const Target target;
  const Graph int8 = int8_network();
  const TemporaryFolder cache;
  KnownAnswers first;
  for (PlanMode mode : {PlanMode::kSpeed, PlanMode::kSize}) {
    const PlanOptions options{.mode = mode};
    const CodeInventory inventory = measure_code(target, cache.path(), mode);
    const auto from_shapes = fit_plan(float_network(), options, inventory, {});
    const auto fitted = fit_plan(int8, options, inventory, {});
    CHECK(winograd_layers(fitted->plan) == (mode == PlanMode::kSpeed ? 2 : 1));
    const KnownAnswers answers = answers_of(fitted->plan, int8);
    if (mode == PlanMode::kSpeed) first = answers;
    CHECK(answers.outputs == first.outputs);
    const TemporaryFolder folder;
    write_firmware(fitted->plan, int8, target, inventory, answers, folder.path());
    const auto built = build_firmware(folder.path());
    if (!built) FAIL(built.error().output);
    CHECK(from_shapes->size.flash_bytes() == built->linked.flash_bytes);
    CHECK(from_shapes->size.peak_sram_bytes() == built->linked.sram_bytes);
    const ProcessResult run = run_process(
        {"qemu-system-arm", "-M", target.machine, "-nographic", "-semihosting", "-kernel", built->elf.string()});
    CHECK(run.output == "KAT ok\n");
  }
}

TEST_CASE("limits of flash and SRAM are kept by smaller kernels, not by a refusal", "[deploy][fitted_plan]") {
  if (!has("arm-none-eabi-gcc")) {
    WARN("skipped: arm-none-eabi-gcc is not installed");
    return;
  }
  const TemporaryFolder cache;
  const CodeInventory inventory = measure_code(Target{}, cache.path());
  const Graph graph = float_network();
  const auto free = fit_plan(graph, {}, inventory, {});
  REQUIRE(winograd_layers(free->plan) == 2);

  const auto little_flash = fit_plan(graph, {}, inventory, {.flash_bytes = free->size.flash_bytes() - 1});
  CHECK(little_flash->size.flash_bytes() < free->size.flash_bytes());
  CHECK(winograd_layers(little_flash->plan) < 2);
  CHECK(winograd_layers(fit_plan(graph, {}, inventory, {.flash_bytes = free->size.flash_bytes()})->plan) == 2);

  const auto little_sram = fit_plan(graph, {}, inventory, {.sram_bytes = free->size.peak_sram_bytes() - 1});
  CHECK(little_sram->size.peak_sram_bytes() < free->size.peak_sram_bytes());
  CHECK(winograd_layers(little_sram->plan) < 2);

}

TEST_CASE("where nothing fits, the plan that comes nearest is given", "[deploy][fitted_plan]") {
  if (!has("arm-none-eabi-gcc")) {
    WARN("skipped: arm-none-eabi-gcc is not installed");
    return;
  }
  const TemporaryFolder cache;
  const CodeInventory inventory = measure_code(Target{}, cache.path());
  const Graph graph = float_network();
  const auto free = fit_plan(graph, {}, inventory, {});
  const auto smallest = fit_plan(graph, {}, inventory, {.flash_bytes = 100});
  REQUIRE(smallest);
  CHECK(smallest->size.flash_bytes() < free->size.flash_bytes());
  CHECK(winograd_layers(smallest->plan) == 0);
  for (const Step* step : smallest->plan.steps()) CHECK(step->kernel == THIMBLE_SMALL_CONV2D);
  // It is the nearest: what it takes fits, and a byte less gives the same plan.
  const std::int64_t bytes = smallest->size.flash_bytes();
  CHECK(fit_plan(graph, {}, inventory, {.flash_bytes = bytes})->size.flash_bytes() == bytes);
  CHECK(fit_plan(graph, {}, inventory, {.flash_bytes = bytes - 1})->size.flash_bytes() == bytes);
  // An SRAM that nothing fits does not cost the flash its limit, nor the other way round.
  const auto neither = fit_plan(graph, {}, inventory, {.sram_bytes = 100, .flash_bytes = 100});
  REQUIRE(neither);
  CHECK(neither->size.flash_bytes() == bytes);
  CHECK(neither->size.peak_sram_bytes() > 100);
  const auto no_sram = fit_plan(graph, {}, inventory, {.sram_bytes = 100});
  REQUIRE(no_sram);
  CHECK(no_sram->size.peak_sram_bytes() == free->size.peak_sram_bytes());
}
