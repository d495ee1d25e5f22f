#include "deploy/firmware_linker.hpp"

#include "deploy/project_files.hpp"
#include "graph/base/check.hpp"
#include "graph/base/error.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

constexpr const char* kCompiler = "arm-none-eabi-gcc";
using Arguments = std::vector<std::string>;

/// What the compiler said where it failed; else empty.
std::string run_compiler(const Target& target, PlanMode mode, const Arguments& more, const fs::path& folder) {
  Arguments command = compiler_flags(target, mode);
  command.insert(command.begin(), kCompiler);
  command.insert(command.end(), more.begin(), more.end());
  const ProcessResult result = run_process(command, folder.string());
  if (result.timed_out) return timeout_text(kCompiler, kToolSeconds, result.output);
  if (result.exit_code == 0) return "";
  return std::string(kCompiler) + ": ended with " + std::to_string(result.exit_code) + "\n" + result.output;
}

/// Where the shared object of a source lies. The linker script tells the test from the model by the folder kat/.
std::string object_of(const ProjectFile& source) {
  const std::string name = fs::path(source.path).filename().replace_extension(".o").string();
  return source.of_the_test() ? "kat/" + name : name;
}

}  // namespace

FirmwareLinker::FirmwareLinker(const Target& target, PlanMode mode) : target_(target), mode_(mode) {
  Arguments of_the_model = {"-I.", "-Ithimble", "-c"}, of_the_test = {"-I..", "-I../thimble", "-c"};
  for (const ProjectFile& file : project_files(target)) {
    write_file(shared_.path() / file.path, file.text);
    if (!file.is_source()) continue;
    if (file.of_the_test())
      of_the_test.push_back(fs::path(file.path).filename());
    else
      of_the_model.push_back(file.path);
  }
  std::string problem = run_compiler(target, mode, of_the_model, shared_.path());
  if (problem.empty()) problem = run_compiler(target, mode, of_the_test, shared_.path() / "kat");
  if (!problem.empty()) throw Error("the firmware's sources do not compile for " + target.cpu + ": " + problem);
}

Result<BuiltFirmware, BuildError> FirmwareLinker::link(const Plan& plan, const Graph& graph,
                                                       const CodeInventory& inventory, const KnownAnswers& answers,
                                                       const fs::path& folder) const {
  THIMBLE_CHECK(plan.mode == mode_ && inventory.isa == isa_of(target_.cpu), "a plan of the linker's target and mode");
  write_firmware(plan, graph, target_, inventory, answers, folder);
  std::string problem = run_compiler(target_, mode_, {"-I.", "-Ithimble", "-c", "model.c"}, folder);
  if (problem.empty())
    problem = run_compiler(target_, mode_,
                           {"-Wa,-Ikat", "-c", "-o", "kat/known_answer_data.o", "kat/known_answer_data.S"}, folder);
  if (!problem.empty()) return BuildError{problem};

  Arguments command = linker_flags(target_);
  command.insert(command.end(), {"-T", "firmware.ld", "-o", "firmware.elf", "model.o", "kat/known_answer_data.o"});
  for (const ProjectFile& file : project_files(target_))
    if (file.is_source() && fs::exists(folder / file.path))  // of the kernels, those that the project has
      command.push_back(shared_.path() / object_of(file));
  problem = run_compiler(target_, mode_, command, folder);
  if (!problem.empty()) return BuildError{problem};
  const fs::path elf = folder / "firmware.elf";
  return BuiltFirmware{elf, linked_size(elf)};
}

}  // namespace thimble
