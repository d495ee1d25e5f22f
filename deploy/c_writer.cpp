#include "deploy/c_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "deploy/embedded_files.hpp"
#include "deploy/footprint.hpp"
#include "deploy/project_files.hpp"
#include "deploy/template_text.hpp"
#include "graph/base/error.hpp"
#include "graph/base/files.hpp"

namespace thimble {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

std::string bytes_of(const std::vector<std::int8_t>& values) { return {values.begin(), values.end()}; }

/// Room for the cases: a memory of their own, or what the model and the test's code leave of the flash.
std::int64_t room_for_cases(const Target& target, const Footprint& size) {
  constexpr std::int64_t kTestCodeBytes = 4096;
  if (target.test_data.bytes > 0) return target.test_data.bytes;
  return std::max<std::int64_t>(0, target.flash.bytes - size.flash_bytes() - kTestCodeBytes);
}

/// The cases that there is room for, in a board's flash the first of them.
KnownAnswers fitting_answers(const Plan& plan, const Target& target, const Footprint& size, KnownAnswers answers) {
  const auto inputs = static_cast<std::int64_t>(answers.inputs.size()),
             outputs = static_cast<std::int64_t>(answers.outputs.size());
  const std::int64_t cases = inputs / plan.input_bytes, bytes = plan.input_bytes + plan.output_bytes;
  if (inputs % plan.input_bytes != 0 || outputs != cases * plan.output_bytes)
    throw Error(fmt::format("known answers: {} input and {} output bytes are not as many tensors of {} and {} bytes",
                            inputs, outputs, plan.input_bytes, plan.output_bytes));
  const std::int64_t room = room_for_cases(target, size), fitting = std::min(cases, room / bytes);
  const bool all_must_fit = !target.machine.empty();
  if (fitting < cases && (all_must_fit || fitting == 0))
    throw DoesNotFitError(fmt::format("known answers: {} cases of {} bytes do not fit the {} bytes of {}", cases, bytes,
                                      room, target.board));
  answers.inputs.resize(static_cast<std::size_t>(fitting * plan.input_bytes));
  answers.outputs.resize(static_cast<std::size_t>(fitting * plan.output_bytes));
  return answers;
}

void check_fits(const Footprint& size, const Target& target) {
  const auto check = [&](const char* memory, std::int64_t needed, const MemoryRegion& region) {
    if (needed > region.bytes)
      throw DoesNotFitError(
          fmt::format("{} bytes of {} do not fit the {} bytes of {}", needed, memory, region.bytes, target.board));
  };
  check("SRAM", size.peak_sram_bytes(), target.ram);
  check("flash", size.flash_bytes(), target.flash);
}

/// Objects of which the linker keeps something: "thimble_run", "startup", ...
std::set<std::string> used_objects(const Plan& plan, const CodeInventory& inventory) {
  std::set<std::string> objects;
  for (int index : linked_sections(plan, inventory)) {
    const std::string& name = inventory.sections[static_cast<std::size_t>(index)].name;
    objects.insert(name.substr(0, name.find(' ')));
  }
  return objects;
}

std::string stem(const std::string& path) { return std::filesystem::path(path).stem().string(); }

/// Objects as the Makefile lists them.
struct Objects {
  std::string of_the_model = "model.o model_api.o";
  std::string of_the_test = "kat/known_answer_data.o";  ///< start-up and board included
};

/// Adds the files that are the same for all models.
Objects add_fixed_files(const Plan& plan, const Target& target, const CodeInventory& inventory,
                        std::vector<GeneratedFile>& files) {
  const std::set<std::string> used = used_objects(plan, inventory);
  Objects objects;
  for (const ProjectFile& file : project_files(target)) {
    if (file.is_source() && file.of_the_kernels() && !used.contains(stem(file.path))) continue;
    files.push_back({file.path, std::string(file.text)});
    if (!file.is_source() || file.path == "model_api.c") continue;
    const std::string object = " " + file.path.substr(0, file.path.size() - 1) + "o";
    (file.of_the_kernels() ? objects.of_the_model : objects.of_the_test) += object;
  }
  return objects;
}

Values memory_values(const Target& target, const Footprint& size) {
  const auto hex = [](std::uint32_t value) { return fmt::format("0x{:08x}", value); };
  const auto extra = [&](const char* name, const MemoryRegion& region) {
    if (region.bytes == 0) return std::string();
    return fmt::format("  {:<5} (r)   : ORIGIN = {}, LENGTH = {}\n", name, hex(region.origin), hex(region.bytes));
  };
  return {{"FLASH_ORIGIN", hex(target.flash.origin)},
          {"FLASH_BYTES", hex(target.flash.bytes)},
          {"RAM_ORIGIN", hex(target.ram.origin)},
          {"RAM_BYTES", hex(target.ram.bytes)},
          {"KAT_MEMORY", extra("KAT", target.test_data)},
          {"KAT_REGION", target.test_data.bytes > 0 ? "KAT" : "FLASH"},
          {"VECTORS_MEMORY", extra("START", target.vectors)},
          {"VECTORS_REGION", target.vectors.bytes > 0 ? "START" : "FLASH"},
          {"STACK_BYTES", std::to_string(size.stack_bytes)}};
}

/// Of hardware: how it is flashed, and that nothing here stands in for it.
constexpr const char* kBoardRules = R"rules(# The script of OpenOCD for the board and its debug probe.
OPENOCD_CONFIG = @OPENOCD_CONFIG@

flash: firmware.elf
	openocd -f "$(OPENOCD_CONFIG)" -c "program firmware.elf verify reset exit"

run:
	@echo "make run: this is firmware of a board, which nothing here stands in for. make flash writes it to the board" >&2
	@echo "(OpenOCD); the known-answer test then reports over the board's serial port: see README.md." >&2
	@false

)rules";

/// A word that make, a shell and OpenOCD take as it is; others are the user's to give.
std::string plain_word(const std::string& word) {
  const bool plain = std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return c < 128 && (std::isalnum(c) || c == '.' || c == '/' || c == '_' || c == '-');
  });
  return plain && !word.empty() ? word : "BOARD.cfg";
}

std::string run_rule(const Target& target) {
  if (target.machine.empty()) return fill_template(kBoardRules, {{"OPENOCD_CONFIG", flashing_script(target)}});
  return "run: firmware.elf\n\tqemu-system-arm -M " + target.machine +
         " -nographic -semihosting -kernel firmware.elf\n\n";
}

std::string how_to_run(const Target& target) {
  if (!target.machine.empty()) return "    make run              # the known-answer test under QEMU\n";
  return "    make flash            # writes firmware.elf to the board, through OpenOCD with " +
         flashing_script(target) +
         "\n"
         "                          # (another script: make flash OPENOCD_CONFIG=...; or any flasher)\n"
         "                          # make run would need an emulator of the board; it says so and fails\n";
}

std::string how_it_reports(const Target& target) {
  if (!target.machine.empty())
    return "It prints `KAT ok` or `KAT FAIL <case>` over semihosting; the exit code is 0 or 1.";
  return "It prints `KAT ok` or `KAT FAIL <case>`, the cycles of an inference (DWT) and the clock that it reached to "
         "the\n"
         "ST-LINK's serial port (115200 baud, 8N1), and over semihosting where a debugger is attached (OpenOCD: `arm\n"
         "semihosting enable`). The same facts are words at the symbol `thimble_report` (`kat/report_board.c`), for "
         "whoever\n"
         "reads the memory. This start-up code was compiled and linked, but never run on silicon: look at it before "
         "you\n"
         "trust it with a product.";
}

std::string board_files(const Target& target) {
  if (target.startup.empty()) return "";
  return "| `board.h`, `clock*`, `stm32.h`, `caches.c` | clocks, flash wait states and caches of the board; waits are "
         "bounded "
         "|\n";
}

}  // namespace

std::string flashing_script(const Target& target) { return plain_word(target.openocd_config); }

FirmwareProject firmware_project(const Plan& plan, const Graph& graph, const Target& target,
                                 const CodeInventory& inventory, const KnownAnswers& all_answers,
                                 const std::vector<std::string>& class_names) {
  const Footprint size = footprint(plan, inventory);
  check_fits(size, target);
  const KnownAnswers answers = fitting_answers(plan, target, size, all_answers);
  const auto cases = static_cast<std::int64_t>(answers.inputs.size()) / plan.input_bytes;
  FirmwareProject project{{}, static_cast<int>(cases)};
  const Objects objects = add_fixed_files(plan, target, inventory, project.files);
  Values values = memory_values(target, size);
  values.insert(values.end(), {{"NAME", comment_text(graph.name)},
                               {"BOARD", comment_text(target.board)},
                               {"NAME_IN_TEXT", markdown_text(graph.name)},
                               {"BOARD_IN_TEXT", markdown_text(target.board)},
                               {"CPU", target.cpu},
                               {"CASES", std::to_string(cases)},
                               {"COMPILER", inventory.compiler},
                               {"SRAM_BYTES", std::to_string(size.peak_sram_bytes())},
                               {"ARENA_BYTES", std::to_string(size.arena_bytes)},
                               {"TOTAL_FLASH_BYTES", std::to_string(size.flash_bytes())},
                               {"COMPILER_FLAGS", fmt::format("{}", fmt::join(compiler_flags(target, plan.mode), " "))},
                               {"LINKER_FLAGS", fmt::format("{}", fmt::join(linker_flags(target), " "))},
                               {"MODEL_OBJECTS", objects.of_the_model},
                               {"TEST_OBJECTS", objects.of_the_test},
                               {"RUN_RULE", run_rule(target)},
                               {"FLASH_TARGET", target.machine.empty() ? " flash" : ""},
                               {"HOW_TO_RUN", how_to_run(target)},
                               {"HOW_IT_REPORTS", how_it_reports(target)},
                               {"BOARD_FILES", board_files(target)}});
  const auto add = [&](const char* path, std::string content) { project.files.push_back({path, std::move(content)}); };
  add("model.h", model_header(plan, graph, target, inventory, class_names));
  add("model.c", model_source(plan, graph, target, inventory));
  add("firmware.ld", fill_template(embedded_file("firmware/firmware.ld.in"), values));
  add("Makefile", fill_template(embedded_file("firmware/Makefile.in"), values));
  add("README.md", fill_template(embedded_file("firmware/README.md.in"), values));
  add("kat/inputs.bin", bytes_of(answers.inputs));
  add("kat/outputs.bin", bytes_of(answers.outputs));
  return project;
}

void write_firmware(const Plan& plan, const Graph& graph, const Target& target, const CodeInventory& inventory,
                    const KnownAnswers& answers, const std::filesystem::path& folder,
                    const std::vector<std::string>& class_names) {
  for (const GeneratedFile& file : firmware_project(plan, graph, target, inventory, answers, class_names).files)
    write_file(folder / file.path, file.content);
}

}  // namespace thimble
