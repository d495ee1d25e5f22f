#include "profiler/doctor.hpp"

#include "deploy/target.hpp"
#include "graph/base/child_process.hpp"
#include "graph/base/error.hpp"
#include "profiler/emulator.hpp"
#include "profiler/resources.hpp"

namespace thimble {
namespace {

constexpr double kPatienceSeconds = 10;

struct Answer {
  bool found = false;
  std::string text;
};

Answer ask(const std::vector<std::string>& command) {
  try {
    ChildProcess child(command);
    const auto code = child.wait(Deadline(kPatienceSeconds));
    return {code == 0, child.output()};
  } catch (const Error&) {
    return {};
  }
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Tool find_program(const std::string& name, const std::string& purpose, const std::string& package,
                  bool required = true) {
  const Answer answer = ask({name, "--version"});
  Tool tool{.name = name, .purpose = purpose, .required = required, .found = answer.found};
  if (tool.found) tool.version = first_line(answer.text);
  if (!tool.found) tool.remedy = "apt install " + package;
  return tool;
}

Tool find_emulator() {
  Tool tool = find_program("qemu-system-arm", "virtual boards", "qemu-system-arm");
  const bool takes_plugins = ask({"qemu-system-arm", "--help"}).text.find("-plugin") != std::string::npos;
  if (!tool.found || takes_plugins) return tool;
  tool.found = false;
  tool.remedy = "this QEMU was built without TCG plugins; apt install qemu-system-arm";
  return tool;
}

Tool find_file(const std::string& file, const std::string& purpose, const std::string& remedy) {
  const std::filesystem::path path = find_resource(file);
  Tool tool{.name = file, .purpose = purpose, .found = !path.empty(), .version = path.string()};
  if (!tool.found) tool.remedy = remedy;
  return tool;
}

}  // namespace

std::vector<Tool> find_tools() {
  std::vector<Tool> tools = {find_program("arm-none-eabi-gcc", "firmware", "gcc-arm-none-eabi"),
                             find_program("make", "firmware", "make"), find_emulator(),
                             find_file(kCycleModel, "cycles of virtual boards", "build Thimble again")};
  for (const std::string& machine : machine_names()) {
    const std::string board = machine_target(machine)->board;
    tools.push_back(find_file("share/thimble/probe-" + board + ".elf", "measuring candidates on " + board,
                              "apt install gcc-arm-none-eabi, and build Thimble again"));
  }
  tools.push_back(find_program("openocd", "boards on a cable", "openocd", false));
  return tools;
}

}  // namespace thimble
