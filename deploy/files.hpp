#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace thimble {

/// A fresh folder in the system's place for such, removed with all in it at the end of its life.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Writes a file with its folders.
/// @error Error  it cannot be written (with the reason)
void write_file(const std::filesystem::path& path, std::string_view content);
/// @error Error  it cannot be read
std::string read_file(const std::filesystem::path& path);

}  // namespace thimble
