#include "profiler/resources.hpp"

#include <system_error>

namespace thimble {
namespace fs = std::filesystem;

fs::path find_resource(const std::string& name) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (const fs::path& prefix :
       {program.parent_path().parent_path(), fs::path(THIMBLE_BUILD_FOLDER), fs::path(THIMBLE_INSTALL_PREFIX)})
    if (!prefix.empty() && fs::exists(prefix / name, error)) return prefix / name;
  return {};
}

fs::path board_folder() {
  std::error_code error;
  const fs::path source = fs::path(THIMBLE_SOURCE_FOLDER) / "configs/boards";
  return fs::exists(source, error) ? source : find_resource("share/thimble/boards");
}

}  // namespace thimble
