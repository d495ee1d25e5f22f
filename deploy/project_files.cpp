#include "deploy/project_files.hpp"

#include <algorithm>

#include "deploy/embedded_files.hpp"

namespace thimble {
namespace {

constexpr std::string_view kKernels = "kernels/", kFirmware = "firmware/", kBoards = "firmware/boards/";

bool is_template(std::string_view name) { return name.ends_with(".in"); }

bool of_the_test(std::string_view name) {
  return name.starts_with("known_answer") || name.starts_with("semihosting") || name.starts_with("report");
}

/// Whether a target without start-up code, or with some, has no use for a file of the test.
bool of_other_targets(std::string_view name, const Target& target) {
  return name == (target.startup.empty() ? "report_board.c" : "report_virtual.c");
}

/// The board's own header is board.h in the project; of the other files it takes those that its start-up names.
std::string board_path(std::string_view name, const Target& target) {
  if (target.startup.empty()) return "";
  if (name == target.startup + ".h") return "board.h";
  const std::vector<std::string> used = startup_files(target.startup);
  return std::find(used.begin(), used.end(), name) == used.end() ? "" : std::string(name);
}

}  // namespace

std::vector<ProjectFile> project_files(const Target& target) {
  std::vector<ProjectFile> files;
  for (const EmbeddedFile& file : embedded_files()) {
    if (is_template(file.name)) continue;
    std::string path;
    if (file.name.starts_with(kKernels)) {
      path = "thimble/" + std::string(file.name.substr(kKernels.size()));
    } else if (file.name.starts_with(kBoards)) {
      path = board_path(file.name.substr(kBoards.size()), target);
    } else if (file.name.starts_with(kFirmware)) {
      const std::string name(file.name.substr(kFirmware.size()));
      if (!of_other_targets(name, target)) path = of_the_test(name) ? "kat/" + name : name;
    }
    if (!path.empty()) files.push_back({path, file.text});
  }
  return files;
}

}  // namespace thimble
