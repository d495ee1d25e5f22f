#include "deploy/project_files.hpp"

#include "deploy/embedded_files.hpp"

namespace thimble {
namespace {

constexpr std::string_view kKernels = "kernels/", kFirmware = "firmware/";

bool is_template(std::string_view name) { return name.ends_with(".in"); }

bool of_the_test(std::string_view name) { return name.starts_with("known_answer") || name.starts_with("semihosting"); }

}  // namespace

std::vector<ProjectFile> project_files() {
  std::vector<ProjectFile> files;
  for (const EmbeddedFile& file : embedded_files()) {
    if (is_template(file.name)) continue;
    if (file.name.starts_with(kKernels))
      files.push_back({"thimble/" + std::string(file.name.substr(kKernels.size())), file.text});
    if (!file.name.starts_with(kFirmware)) continue;
    const std::string name(file.name.substr(kFirmware.size()));
    files.push_back({of_the_test(name) ? "kat/" + name : name, file.text});
  }
  return files;
}

}  // namespace thimble
