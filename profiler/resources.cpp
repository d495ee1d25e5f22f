#include "profiler/resources.hpp"

#include <fstream>
#include <iterator>
#include <system_error>

#include "graph/base/error.hpp"
#include "graph/base/hash.hpp"

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

fs::path find_probe_image(const std::string& board, const std::string& image) {
  const std::string name = "share/thimble/probe-" + image + ".elf";
  fs::path file = find_resource(name);
  if (file.empty())
    throw BoardError(board + ": " + name + " is missing; apt install gcc-arm-none-eabi, and build Thimble again");
  return file;
}

std::string hash_of_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) throw BoardError("cannot read " + file.string());
  return to_hex(fnv1a64(bytes));
}

fs::path board_folder() {
  std::error_code error;
  const fs::path source = fs::path(THIMBLE_SOURCE_FOLDER) / "configs/boards";
  return fs::exists(source, error) ? source : find_resource("share/thimble/boards");
}

}  // namespace thimble
