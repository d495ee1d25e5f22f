#pragma once
#include <unistd.h>

#include <filesystem>
#include <string>

namespace thimble::test {

/// Path of a database of this process that does not exist yet and is removed at the end.
class TemporaryDatabase {
 public:
  explicit TemporaryDatabase(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("thimble_" + name + "_" + std::to_string(::getpid()) + ".sqlite")) {
    remove();
  }
  ~TemporaryDatabase() { remove(); }
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  void remove() const {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_.string() + suffix);
  }
  std::filesystem::path path_;
};

}  // namespace thimble::test
