#include "profiler/uart/port_user.hpp"

#include <unistd.h>

#include <charconv>
#include <fstream>

namespace thimble {
namespace {

namespace fs = std::filesystem;

/// Folders under /proc that are no process's have other names; processes may end while they are looked at.
int process_id(const fs::path& folder) {
  const std::string name = folder.filename().string();
  int id = 0;
  const auto end = std::from_chars(name.data(), name.data() + name.size(), id).ptr;
  return end == name.data() + name.size() ? id : 0;
}

bool holds(const fs::path& process, const fs::path& device) {
  std::error_code error;
  for (fs::directory_iterator file(process / "fd", error), end; !error && file != end; file.increment(error))
    if (std::error_code gone; fs::read_symlink(file->path(), gone) == device) return true;
  return false;
}

}  // namespace

std::optional<PortUser> user_of(const fs::path& device) {
  std::error_code error;
  const fs::path real = fs::canonical(device, error);
  if (error) return {};
  for (fs::directory_iterator process("/proc", error), end; !error && process != end; process.increment(error)) {
    const int id = process_id(process->path());
    if (id == 0 || id == getpid() || !holds(process->path(), real)) continue;
    PortUser user{.id = id, .name = {}};
    std::ifstream(process->path() / "comm") >> user.name;
    return user;
  }
  return {};
}

}  // namespace thimble
