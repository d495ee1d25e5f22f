#pragma once
#include <stdlib.h>

#include <filesystem>
#include <string>

namespace thimble::test {

/// A new folder that goes with its owner.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "thimble-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Locks of boards are this process's own: other tests run beside it.
inline void keep_locks_apart() {
  static const ScratchFolder state;
  setenv("XDG_STATE_HOME", state.path().c_str(), 1);
}

}  // namespace thimble::test
