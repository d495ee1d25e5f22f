#pragma once
#include <filesystem>
#include <initializer_list>
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

/// Writes a file so that a reader, or a crash, sees the old content or the new, never half of it.
/// @error Error  names the file and the cause (no space left, no permission)
void write_file_atomically(const std::filesystem::path& path, std::string_view content);
/// The same for pieces that follow each other in the file.
void write_file_atomically(const std::filesystem::path& path, std::initializer_list<std::string_view> pieces);

/// Writes a file with its folders.
/// @error Error  it cannot be written (with the reason)
void write_file(const std::filesystem::path& path, std::string_view content);
/// @error Error  it cannot be read
std::string read_file(const std::filesystem::path& path);

}  // namespace thimble
