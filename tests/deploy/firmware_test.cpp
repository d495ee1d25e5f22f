#include <cstdlib>
#include <filesystem>

#include "deploy/build_firmware.hpp"
#include "deploy/c_writer.hpp"
#include "deploy/elf.hpp"
#include "deploy/footprint.hpp"
#include "deploy/host_executor.hpp"
#include "graph/base/error.hpp"
#include "graph/base/files.hpp"
#include "graph/base/run_process.hpp"
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

/// Kept in the build folder: what it holds is found by compiler, flags and sources.
std::filesystem::path code_cache() { return THIMBLE_TEST_CACHE; }

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

TEST_CASE("on every virtual board the firmware gives the host's bits in the bytes that were predicted",
          "[deploy][firmware]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  THIMBLE_SKIP_WITHOUT_PROGRAM("qemu-system-arm");
  const test::RandomNetwork network = test::random_network(35);
  const KnownAnswers answers = answers_of(*make_plan(network.int8), network.int8, 2);
  for (const std::string& machine : machine_names())
    for (const bool cases_in_flash : machine == "mps2-an385" ? std::vector{false, true} : std::vector{false}) {
      Target target = *machine_target(machine);
      if (cases_in_flash) target.test_data.bytes = 0;
      const CodeInventory inventory = measure_code(target, code_cache());
      const Result<Plan, PlanError> plan = make_plan(network.int8);
      const TemporaryFolder folder;
      write_firmware(*plan, network.int8, target, inventory, answers, folder.path());
      const auto built = build_firmware(folder.path());
      if (!built) FAIL(built.error().output);
      INFO(machine);
      CHECK(run_on_qemu(built->elf, target).output == "KAT ok\n");
      CHECK(footprint(*plan, inventory).flash_bytes() == built->linked.flash_bytes);
      CHECK(footprint(*plan, inventory).peak_sram_bytes() == built->linked.sram_bytes);
    }
}

TEST_CASE("for every real board the firmware links into the bytes that were predicted", "[deploy][firmware]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  const test::RandomNetwork network = test::random_network(35);
  const KnownAnswers answers = answers_of(*make_plan(network.int8), network.int8, 2);
  for (const std::string& board : startup_names()) {
    const Target target = *startup_target(board);
    const CodeInventory inventory = measure_code(target, code_cache());
    const Result<Plan, PlanError> plan = make_plan(network.int8, {.isa = inventory.isa});
    const TemporaryFolder folder;
    write_firmware(*plan, network.int8, target, inventory, answers, folder.path());
    const auto built = build_firmware(folder.path());
    if (!built) FAIL(built.error().output);
    INFO(board);
    CHECK(footprint(*plan, inventory).flash_bytes() == built->linked.flash_bytes);
    CHECK(footprint(*plan, inventory).peak_sram_bytes() == built->linked.sram_bytes);
    for (const ElfSection& section : read_elf(built->elf).sections)
      if (section.name == ".vectors") CHECK(section.address == target.flash.origin);
  }
}

/// Runs a board's image on QEMU's STM32F405 until its UART said a line that begins so, and returns all it said. That
/// machine has the flash, the RAM and the UARTs of the F4 boards, but no clock control: nothing there is ever ready.
std::string said_on_stm32f405(const std::filesystem::path& elf, int uart, const std::string& last_line) {
  const TemporaryFolder folder;
  std::string command =
      "qemu-system-arm -M netduinoplus2 -display none -monitor none -pidfile pid -kernel '" + elf.string() + "'";
  for (int i = 0; i <= uart; ++i) command += " -serial file:" + std::to_string(i);
  command += " 2>log & for i in $(seq 300); do grep -q '^" + last_line + "' " + std::to_string(uart) +
             " 2>/dev/null && break; sleep 0.1; done; sleep 0.1; kill $!; cat " + std::to_string(uart);
  return run_process({"sh", "-c", command}, folder.path().string()).output;
}

TEST_CASE("a board whose clocks never start runs the test all the same, and says so", "[deploy][firmware]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  THIMBLE_SKIP_WITHOUT_PROGRAM("qemu-system-arm");
  const test::RandomNetwork network = test::random_network(35);
  const Result<Plan, PlanError> plan = make_plan(network.int8);
  KnownAnswers answers = answers_of(*plan, network.int8, 2);
  const std::string clock = "clock 16000000 Hz, for the PLL did not start\n";
  for (const auto& [board, uart] : {std::pair("nucleo-f446re", 1), std::pair("nucleo-f412zg", 2)}) {
    const Target target = *startup_target(board);
    const CodeInventory inventory = measure_code(target, code_cache());
    const TemporaryFolder folder;
    write_firmware(*plan, network.int8, target, inventory, answers, folder.path());
    auto built = build_firmware(folder.path());
    if (!built) FAIL(built.error().output);
    INFO(board);
    CHECK(said_on_stm32f405(built->elf, uart, "clock") == "KAT ok\n" + clock);
    answers.outputs[static_cast<std::size_t>(plan->output_bytes)] ^= 1;
    write_firmware(*plan, network.int8, target, inventory, answers, folder.path());
    REQUIRE(build_firmware(folder.path()));
    CHECK(said_on_stm32f405(built->elf, uart, "clock") == "KAT FAIL 1\n" + clock);
    answers.outputs[static_cast<std::size_t>(plan->output_bytes)] ^= 1;
  }
}

TEST_CASE("a fault is reported, one of a stack that ran over too", "[deploy][firmware]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  THIMBLE_SKIP_WITHOUT_PROGRAM("qemu-system-arm");
  const test::RandomNetwork network = test::random_network(35);
  const Result<Plan, PlanError> plan = make_plan(network.int8);
  const KnownAnswers answers = answers_of(*plan, network.int8, 1);
  // Some 25 KB of frames in a stack of less than 1 KB. QEMU's MPS2 machines read zeros below their RAM, so there the
  // fault comes with the first return, and elsewhere with the first access.
  const std::string head =
      "#include \"known_answer.h\"\nint main(void);\nvoid deeper(volatile uint32_t *, int);\n"
      "void (*volatile next)(volatile uint32_t *, int) = deeper;\n"
      "void deeper(volatile uint32_t *a, int more) {\n"
      "  volatile uint32_t b[64];\n  b[0] = *a;\n  if (more > 0) next(b, more - 1);\n  *a = b[0];\n}\n";
  const std::string undefined = head + "int main(void) { __asm volatile(\"udf #0\"); return 0; }\n";
  const std::string overflow = head + "int main(void) { uint32_t a = 0; deeper(&a, 100); return 0; }\n";
  for (const Target& target :
       {*machine_target("mps2-an386"), *machine_target("mps3-an547"), *startup_target("nucleo-f446re")})
    for (const std::string& program : {undefined, overflow}) {
      const CodeInventory inventory = measure_code(target, code_cache());
      const TemporaryFolder folder;
      write_firmware(*plan, network.int8, target, inventory, answers, folder.path());
      write_file(folder.path() / "kat/known_answer.c", program);
      const auto built = build_firmware(folder.path());
      if (!built) FAIL(built.error().output);
      INFO(target.board);
      const std::string said =
          target.startup.empty() ? run_on_qemu(built->elf, target).output : said_on_stm32f405(built->elf, 1, "FAULT");
      INFO(said);
      CHECK(said.starts_with("FAULT exception 3 cfsr "));
    }
}

TEST_CASE("a model that a board has no room for is refused before anything is written", "[deploy][c_writer]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  Target target = *machine_target("mps2-an500");
  const CodeInventory inventory = measure_code(target, code_cache());
  const test::RandomNetwork network = test::random_network(35);
  const Result<Plan, PlanError> plan = make_plan(network.int8);
  const KnownAnswers answers = answers_of(*plan, network.int8, 1);
  const TemporaryFolder folder;
  const Footprint size = footprint(*plan, inventory);
  target.ram.bytes = static_cast<std::uint32_t>(size.peak_sram_bytes() - 1);
  CHECK_THROWS_AS(write_firmware(*plan, network.int8, target, inventory, answers, folder.path()), DoesNotFitError);
  target.ram.bytes += 1;
  target.flash.bytes = static_cast<std::uint32_t>(size.flash_bytes() - 1);
  CHECK_THROWS_AS(write_firmware(*plan, network.int8, target, inventory, answers, folder.path()), DoesNotFitError);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a board's flash holds as many cases as there is room for", "[deploy][c_writer]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  Target target = *startup_target("nucleo-f446re");
  const CodeInventory inventory = measure_code(target, code_cache());
  const test::RandomNetwork network = test::random_network(35);
  const Result<Plan, PlanError> plan = make_plan(network.int8);
  const std::int64_t case_bytes = plan->input_bytes + plan->output_bytes;
  target.flash.bytes =
      static_cast<std::uint32_t>(footprint(*plan, inventory).flash_bytes() + 4096 + 3 * case_bytes + 1);
  const TemporaryFolder folder;
  write_firmware(*plan, network.int8, target, inventory, answers_of(*plan, network.int8, 5), folder.path());
  CHECK(std::filesystem::file_size(folder.path() / "kat/inputs.bin") ==
        static_cast<std::uintmax_t>(3 * plan->input_bytes));
  const auto built = build_firmware(folder.path());
  if (!built) FAIL(built.error().output);
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

TEST_CASE("a name with signs that mean something to make, C or Markdown is only a name", "[deploy][c_writer]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("arm-none-eabi-gcc");
  THIMBLE_SKIP_WITHOUT_PROGRAM("qemu-system-arm");
  const std::string name = "my \"model\" */ 'x' $(shell touch made) @CASES@ #1\nall: evil\\";
  Target target;
  target.board = "a board */ @STACK_BYTES@ $(error no)\\";
  const CodeInventory inventory = measure_code(target, code_cache());
  test::RandomNetwork network = test::random_network(35);
  network.int8.name = name;
  network.int8.operators[0].name = "layer */ \"1\"\\";
  const Result<Plan, PlanError> plan = make_plan(network.int8);
  const TemporaryFolder folder;
  write_firmware(*plan, network.int8, target, inventory, answers_of(*plan, network.int8, 1), folder.path());
  const auto built = build_firmware(folder.path());
  if (!built) FAIL(built.error().output);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "made"));
  CHECK(run_on_qemu(built->elf, target).output == "KAT ok\n");
  CHECK_THAT(
      read_file(folder.path() / "README.md"),
      Catch::StartsWith("# my \"model\" \\*/ 'x' \\$(shell touch made) @CASES@ \\#1 all: evil\\\\ for a board \\*/ "
                        "@STACK_BYTES@ \\$(error no)\\\\\n"));
  CHECK_THAT(read_file(folder.path() / "Makefile"),
             Catch::StartsWith("# my \"model\" _/ 'x' $(shell touch made) @CASES@ #1_all: evil_ for a board"));
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

TEST_CASE("a build that hangs ends with a named error", "[deploy][build_firmware]") {
  THIMBLE_SKIP_WITHOUT_PROGRAM("make");
  const TemporaryFolder folder;
  write_file(folder.path() / "Makefile", "all:\n\t@echo compiling; sleep 60\n");
  const auto built = build_firmware(folder.path(), 1);
  REQUIRE_FALSE(built);
  CHECK(built.error().output ==
        "make -C " + folder.path().string() + ": did not end within 1 s and was stopped; it printed:\ncompiling\n");
}

TEST_CASE("a compiler that hangs ends with a named error", "[deploy][code_inventory]") {
  const TemporaryFolder folder;
  const std::filesystem::path compiler = folder.path() / "arm-none-eabi-gcc";
  write_file(compiler, "#!/bin/sh\nsleep 60\n");
  std::filesystem::permissions(compiler, std::filesystem::perms::owner_all);
  const std::string path = std::getenv("PATH");
  setenv("PATH", (folder.path().string() + ":" + path).c_str(), 1);
  CHECK_THROWS_WITH(measure_code(Target{}, "", PlanMode::kSpeed, 0.5),
                    "arm-none-eabi-gcc: did not end within 0.5 s and was stopped; it printed nothing");
  setenv("PATH", path.c_str(), 1);
}
