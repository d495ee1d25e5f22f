#include "deploy/firmware_linker.hpp"

#include <map>

#include "deploy/elf.hpp"
#include "deploy/fitted_plan.hpp"
#include "tests/catch.hpp"
#include "tests/deploy/random_networks.hpp"

using namespace thimble;

namespace {

/// Name to size of all that lies in the target's memory.
std::map<std::string, std::uint32_t> placed(const std::filesystem::path& elf) {
  std::map<std::string, std::uint32_t> sizes;
  for (const ElfSection& section : read_elf(elf).sections)
    if (section.allocated()) sizes[section.name] = section.size;
  return sizes;
}

}  // namespace

TEST_CASE("a firmware that is linked among many is the one that its Makefile makes", "[deploy][firmware_linker]") {
  if (run_process({"arm-none-eabi-gcc", "--version"}).exit_code != 0) {
    WARN("skipped: arm-none-eabi-gcc is not installed");
    return;
  }
  const test::RandomNetwork network = test::random_network(35);
  for (const auto& [machine, mode] :
       {std::pair("mps2-an386", PlanMode::kSpeed), std::pair("mps3-an547", PlanMode::kSize)}) {
    const Target target = *machine_target(machine);
    const CodeInventory inventory = measure_code(target, THIMBLE_TEST_CACHE, mode);
    const auto fitted = fit_plan(network.int8, {.mode = mode}, inventory, {});
    KnownAnswers answers;
    answers.inputs.resize(static_cast<std::size_t>(fitted->plan.input_bytes));
    answers.outputs.resize(static_cast<std::size_t>(fitted->plan.output_bytes));
    const FirmwareLinker linker(target, mode);
    const TemporaryFolder ours, made;
    const auto linked = linker.link(fitted->plan, network.int8, inventory, answers, ours.path());
    if (!linked) FAIL(linked.error().output);
    write_firmware(fitted->plan, network.int8, target, inventory, answers, made.path());
    const auto built = build_firmware(made.path());
    if (!built) FAIL(built.error().output);
    INFO(machine);
    CHECK(placed(linked->elf) == placed(built->elf));
    CHECK(placed(linked->elf).size() > 4);
    CHECK(linked->linked.flash_bytes == fitted->size.flash_bytes());
  }
}

TEST_CASE("what does not link is told in the linker's words", "[deploy][firmware_linker]") {
  if (run_process({"arm-none-eabi-gcc", "--version"}).exit_code != 0) {
    WARN("skipped: arm-none-eabi-gcc is not installed");
    return;
  }
  const test::RandomNetwork network = test::random_network(35);
  const Target target;
  const CodeInventory inventory = measure_code(target, THIMBLE_TEST_CACHE);
  const Result<Plan, PlanError> plan = make_plan(network.int8);
  const FirmwareLinker linker(target, PlanMode::kSpeed);
  const TemporaryFolder folder;
  write_file(folder.path() / "firmware.elf/in_the_way", "");
  const auto linked = linker.link(*plan, network.int8, inventory, {}, folder.path());
  REQUIRE_FALSE(linked);
  CHECK_THAT(linked.error().output,
             Catch::Contains("arm-none-eabi-gcc: ended with 1") && Catch::Contains("firmware.elf"));
}
