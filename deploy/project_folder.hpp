#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace thimble {

/// A file of a project before it is written.
struct GeneratedFile {
  std::string path;  ///< in the project: "model.c", "kat/inputs.bin"
  std::string content;
};

/// What a project is of, for whoever finds the folder.
struct ProjectLabel {
  std::string model, board;
};

/// What happens to files of a project that somebody changed since they were written.
enum class ChangedFiles { kRefuse, kReplace };

/// List of a project's files with their hashes, in the project's folder.
inline constexpr const char* kProjectManifest = "thimble-project.json";

/// Writes a project to a folder, which is made where there is none, and leaves a manifest. Files of the project that
/// was there before go where the new one has none of their name, and so do objects compiled from them; files of others
/// stay. All is written beside its place first and then renamed file by file: whatever ends the write, no file is half
/// of anything, and the next write knows old and new files as its own.
/// @error ConfigError  nothing was changed: files of the project were edited, or files of others stand in the way and
///                     `changed` does not say that they may be replaced; a folder stands where a file is wanted, or the
///                     other way round
/// @error Error        the folder cannot be written
void write_project(const std::filesystem::path& folder, const ProjectLabel& label,
                   const std::vector<GeneratedFile>& files, ChangedFiles changed = ChangedFiles::kRefuse);

}  // namespace thimble
