#include "cli/output_place.hpp"

#include "graph/base/error.hpp"

namespace fs = std::filesystem;

namespace thimble {

void require_place(const fs::path& out) {
  for (fs::path folder = fs::absolute(out).parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    std::error_code error;  // below a file there is nothing
    if (fs::is_directory(folder, error)) return;
    if (fs::exists(folder, error))
      throw ConfigError(
          {{"", 0, 0, "", out.string(), folder.string() + " is a file; a folder of this name is wanted"}});
  }
}

void make_folders_to(const fs::path& file) {
  if (!file.has_parent_path()) return;
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  if (failed) throw Error(file.parent_path().string() + ": cannot be made: " + failed.message());
}

}  // namespace thimble
