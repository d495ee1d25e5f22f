#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "graph/base/error.hpp"

namespace thimble {

/// What is wrong with a file or folder of the job's pictures.
inline ConfigIssue path_issue(const std::filesystem::path& path, const std::string& rule) {
  return {"", 0, 0, "data.path", path.string(), rule};
}

[[noreturn]] inline void refuse_path(const std::filesystem::path& path, const std::string& rule) {
  throw ConfigError({path_issue(path, rule)});
}

/// @error ConfigError  there is no such folder
void require_folder(const std::filesystem::path& path);

/// The bytes of a file; unpacked where its first bytes say gzip.
/// @error ConfigError  it is missing or cannot be read; packed bytes that end early or are damaged
std::vector<std::uint8_t> read_data_file(const std::filesystem::path& path);

/// The lines of a text file, without spaces at their ends and without empty lines at its end.
/// @error ConfigError  as read_data_file
std::vector<std::string> read_names(const std::filesystem::path& path);

}  // namespace thimble
