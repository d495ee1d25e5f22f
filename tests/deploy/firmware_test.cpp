#include <filesystem>

#include "deploy/build_firmware.hpp"
#include "deploy/c_writer.hpp"
#include "graph/base/files.hpp"
#include "deploy/footprint.hpp"
#include "deploy/host_executor.hpp"
#include "deploy/subprocess.hpp"
#include "tests/catch.hpp"
#include "tests/deploy/random_networks.hpp"

using namespace thimble;

namespace {

bool has(const std::string& program) { return run_process({program, "--version"}).exit_code == 0; }

#define THIMBLE_SKIP_WITHOUT_PROGRAM(program)      \
  if (!has(program)) {                             \
    WARN("skipped: " program " is not installed"); \
    return;                                        \
  }

KnownAnswers answers_of(const Plan& plan, const Graph& graph, int cases) {
  HostExecutor executor(plan, graph);
  KnownAnswers answers;
  Rng rng({17});
  for (int i = 0; i < cases; ++i) {
    std::vector<std::int8_t> input;
    for (std::int64_t k = 0; k < plan.input_bytes; ++k)
      input.push_back(static_cast<std::int8_t>(rng.between(-128, 127)));
    const std::vector<std::int8_t> output = executor.run(input);
    answers.inputs.insert(answers.inputs.end(), input.begin(), input.end());
    answers.outputs.insert(answers.outputs.end(), output.begin(), output.end());
  }
  return answers;
}

ProcessResult run_on_qemu(const std::filesystem::path& elf, const Target& target) {
  return run_process({"qemu-system-arm", "-M", target.machine, "-nographic", "-semihosting", "-kernel", elf.string()});
}

/// One folder for all compilers' objects of this test run.
const std::filesystem::path& code_cache() {
  static const TemporaryFolder folder;
  return folder.path();
}

}  // namespace

TEST_CASE("predicted SRAM and flash are the bytes that the linker places", "[deploy][firmware]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  const Target target;
  const CodeInventory inventory = measure_code(target, code_cache());
  for (std::uint64_t seed = 20; seed < 24; ++seed) {
    const test::RandomNetwork network = test::random_network(seed);
    const Result<Plan, PlanError> from_shapes = make_plan(network.real), plan = make_plan(network.int8);
    const Footprint predicted = footprint(*from_shapes, inventory);
    const TemporaryFolder folder;
    write_firmware(*plan, network.int8, target, inventory, answers_of(*plan, network.int8, 1), folder.path());
    const auto built = build_firmware(folder.path());
    if (!built) FAIL(built.error().output);
    INFO("seed " << seed);
    CHECK(predicted.peak_sram_bytes() - built->linked.sram_bytes == 0);
    CHECK(predicted.flash_bytes() - built->linked.flash_bytes == 0);
  }
}

TEST_CASE("the firmware gives the host's bits on the virtual board", "[deploy][firmware]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  THIMBLE_SKIP_WITHOUT_PROGRAM("qemu-system-arm");
  const Target target;
  const CodeInventory inventory = measure_code(target, code_cache());
  const test::RandomNetwork network = test::random_network(31);
  const Result<Plan, PlanError> plan = make_plan(network.int8);
  KnownAnswers answers = answers_of(*plan, network.int8, 5);
  const TemporaryFolder folder;

  write_firmware(*plan, network.int8, target, inventory, answers, folder.path());
  const auto built = build_firmware(folder.path());
  if (!built) FAIL(built.error().output);
  const ProcessResult good = run_on_qemu(built->elf, target);
  CHECK(good.output == "KAT ok\n");
  CHECK(good.exit_code == 0);

  answers.outputs[static_cast<std::size_t>(3 * plan->output_bytes)] ^= 1;
  write_firmware(*plan, network.int8, target, inventory, answers, folder.path());
  REQUIRE(build_firmware(folder.path()));
  const ProcessResult bad = run_on_qemu(built->elf, target);
  CHECK(bad.output == "KAT FAIL 3\n");
  CHECK(bad.exit_code == 1);
}

TEST_CASE("the firmware runs on cores with and without DSP, its cases in flash", "[deploy][firmware]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  THIMBLE_SKIP_WITHOUT_PROGRAM("qemu-system-arm");
  const test::RandomNetwork network = test::random_network(35);
  const Result<Plan, PlanError> plan = make_plan(network.int8);
  const KnownAnswers answers = answers_of(*plan, network.int8, 2);
  for (const auto& [cpu, machine] : {std::pair("cortex-m3", "mps2-an385"), std::pair("cortex-m7", "mps2-an500")}) {
    Target target;
    target.board = cpu;
    target.cpu = cpu;
    target.machine = machine;
    target.test_data.bytes = 0;
    const CodeInventory inventory = measure_code(target, code_cache());
    const TemporaryFolder folder;
    write_firmware(*plan, network.int8, target, inventory, answers, folder.path());
    const auto built = build_firmware(folder.path());
    if (!built) FAIL(built.error().output);
    INFO(cpu);
    CHECK(run_on_qemu(built->elf, target).output == "KAT ok\n");
    CHECK(footprint(*plan, inventory).flash_bytes() == built->linked.flash_bytes);
  }
}

TEST_CASE("an inference stays within the stack bound", "[deploy][firmware]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  THIMBLE_SKIP_WITHOUT_PROGRAM("qemu-system-arm");
  const Target target;
  const CodeInventory inventory = measure_code(target, code_cache());
  const test::RandomNetwork network = test::random_network(33);
  const Result<Plan, PlanError> plan = make_plan(network.int8);
  const TemporaryFolder folder;
  write_firmware(*plan, network.int8, target, inventory, answers_of(*plan, network.int8, 1), folder.path());
  write_file(folder.path() / "kat/known_answer.c", read_file(THIMBLE_SOURCE_DIR "/tests/deploy/stack_probe.c"));
  const auto built = build_firmware(folder.path());
  if (!built) FAIL(built.error().output);
  const ProcessResult result = run_on_qemu(built->elf, target);
  REQUIRE(result.exit_code == 0);
  const int used = std::stoi(result.output), bound = static_cast<int>(footprint(*plan, inventory).stack_bytes);
  INFO("used " << used << " of " << bound);
  CHECK(used <= bound);
  CHECK(used > bound / 2);
}

TEST_CASE("the same model gives the same files", "[deploy][c_writer]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  const Target target;
  const CodeInventory inventory = measure_code(target, code_cache());
  const test::RandomNetwork network = test::random_network(41);
  const Result<Plan, PlanError> plan = make_plan(network.int8);
  const std::string source = model_source(*plan, network.int8, target, inventory);
  CHECK(source == model_source(*make_plan(network.int8), network.int8, target, inventory));
  CHECK(source.starts_with("/* Generated by thimble "));
  for (const Operator& op : network.int8.operators) CHECK(source.find(": " + op.name + ", ") != std::string::npos);
}

TEST_CASE("known answers that are no whole tensors are refused", "[deploy][c_writer]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  const Target target;
  const CodeInventory inventory = measure_code(target, code_cache());
  const test::RandomNetwork network = test::random_network(41);
  const Result<Plan, PlanError> plan = make_plan(network.int8);
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(write_firmware(*plan, network.int8, target, inventory, {{1, 2, 3}, {}}, folder.path()),
                    Catch::Contains("3 input and 0 output bytes"));
}

TEST_CASE("a build that fails gives the compiler's words", "[deploy][build_firmware]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("make");
  const TemporaryFolder folder;
  write_file(folder.path() / "Makefile", "all:\n\t@echo no such file; false\n");
  const auto built = build_firmware(folder.path());
  REQUIRE_FALSE(built);
  CHECK(built.error().output.find("no such file") != std::string::npos);
}
