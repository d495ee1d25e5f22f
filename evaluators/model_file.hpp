#pragma once
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace thimble {

/// What the files of fitted models have in common: JSON with "format", "schema_version" and "crc32", that of the rest.
struct ModelFileKind {
  const char* format;
  int schema_version;
  const char* make_anew;  ///< what to do about a file that cannot be used
};

/// The document with its checksum; a key a line, and a line for each list in a list.
std::string signed_text(nlohmann::json document);

/// @error ConfigError  no JSON, of another kind or version, or changed since it was written; `name` stands for the file
nlohmann::json parse_model_file(const std::string& text, const std::string& name, const ModelFileKind& kind);

/// @error ConfigError  it cannot be read
std::string read_model_file(const std::filesystem::path& path);

/// Whether the file says so; without a look at the rest.
bool is_model_file(const std::filesystem::path& path, const ModelFileKind& kind);

}  // namespace thimble
