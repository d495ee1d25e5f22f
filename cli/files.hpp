#pragma once
#include <filesystem>
#include <string>

namespace thimble {

/// Writes a file so that a reader, or a crash, sees the old content or the new, never half of it.
/// @error Error  names the file and the cause (no space left, no permission)
void write_file_atomically(const std::filesystem::path& path, const std::string& content);

}  // namespace thimble
