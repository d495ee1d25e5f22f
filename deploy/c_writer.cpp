#include "deploy/c_writer.hpp"

#include <fmt/format.h>

#include <set>

#include "deploy/embedded_files.hpp"
#include "deploy/footprint.hpp"
#include "deploy/project_files.hpp"
#include "graph/base/error.hpp"
#include "graph/base/files.hpp"

namespace thimble {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

/// A template with every @NAME@ replaced by its value.
std::string filled(std::string_view text, const Values& values) {
  std::string result(text);
  for (const auto& [name, value] : values) {
    const std::string mark = "@" + name + "@";
    for (std::size_t at = result.find(mark); at != std::string::npos; at = result.find(mark, at + value.size()))
      result.replace(at, mark.size(), value);
  }
  return result;
}

std::string bytes_of(const std::vector<std::int8_t>& values) { return {values.begin(), values.end()}; }

std::int64_t check_answers(const Plan& plan, const Target& target, const KnownAnswers& answers) {
  const auto inputs = static_cast<std::int64_t>(answers.inputs.size()),
             outputs = static_cast<std::int64_t>(answers.outputs.size());
  const std::int64_t cases = inputs / plan.input_bytes;
  if (inputs % plan.input_bytes != 0 || outputs != cases * plan.output_bytes)
    throw Error(fmt::format("known answers: {} input and {} output bytes are not as many tensors of {} and {} bytes",
                            inputs, outputs, plan.input_bytes, plan.output_bytes));
  const std::int64_t room = target.test_data.bytes > 0 ? target.test_data.bytes : target.flash.bytes;
  if (inputs + outputs > room)
    throw Error(fmt::format("known answers: {} cases of {} bytes do not fit the {} bytes of {}", cases,
                            plan.input_bytes + plan.output_bytes, room, target.board));
  return cases;
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

/// Writes the files that are the same for all models, and returns the objects of libmodel.a.
std::string write_fixed_files(const Plan& plan, const CodeInventory& inventory, const std::filesystem::path& folder) {
  const std::set<std::string> used = used_objects(plan, inventory);
  std::string objects = "model.o model_api.o";
  for (const ProjectFile& file : project_files()) {
    const bool kernel_source = file.of_the_kernels() && file.is_source();
    if (kernel_source && !used.contains(stem(file.path))) continue;
    if (kernel_source) objects += " thimble/" + stem(file.path) + ".o";
    write_file(folder / file.path, file.text);
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

std::string run_rule(const Target& target) {
  if (target.machine.empty()) return "";
  return "run: firmware.elf\n\tqemu-system-arm -M " + target.machine +
         " -nographic -semihosting -kernel firmware.elf\n\n";
}

}  // namespace

void write_firmware(const Plan& plan, const Graph& graph, const Target& target, const CodeInventory& inventory,
                    const KnownAnswers& answers, const std::filesystem::path& folder) {
  const std::int64_t cases = check_answers(plan, target, answers);
  const Footprint size = footprint(plan, inventory);
  Values values = memory_values(target, size);
  values.insert(values.end(), {{"NAME", graph.name},
                               {"BOARD", target.board},
                               {"CPU", target.cpu},
                               {"CASES", std::to_string(cases)},
                               {"COMPILER", inventory.compiler},
                               {"SRAM_BYTES", std::to_string(size.peak_sram_bytes())},
                               {"ARENA_BYTES", std::to_string(size.arena_bytes)},
                               {"TOTAL_FLASH_BYTES", std::to_string(size.flash_bytes())},
                               {"COMPILER_FLAGS", fmt::format("{}", fmt::join(compiler_flags(target, plan.mode), " "))},
                               {"LINKER_FLAGS", fmt::format("{}", fmt::join(linker_flags(target), " "))},
                               {"MODEL_OBJECTS", write_fixed_files(plan, inventory, folder)},
                               {"RUN_RULE", run_rule(target)}});
  write_file(folder / "model.h", model_header(plan, graph, target, inventory));
  write_file(folder / "model.c", model_source(plan, graph, target, inventory));
  write_file(folder / "firmware.ld", filled(embedded_file("firmware/firmware.ld.in"), values));
  write_file(folder / "Makefile", filled(embedded_file("firmware/Makefile.in"), values));
  write_file(folder / "README.md", filled(embedded_file("firmware/README.md.in"), values));
  write_file(folder / "kat/inputs.bin", bytes_of(answers.inputs));
  write_file(folder / "kat/outputs.bin", bytes_of(answers.outputs));
}

}  // namespace thimble
