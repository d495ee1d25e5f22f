#pragma once
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "deploy/project_folder.hpp"

namespace thimble {

/// What a project's folder says of itself.
struct ProjectManifest {
  ProjectLabel label;
  /// Path of each file -> hashes of its content. More than one while a write is under way: what was there, what comes.
  std::map<std::string, std::set<std::string>> files;
};

/// Hash of a file's content as manifests have it.
std::string content_hash(std::string_view content);

/// The manifest of a folder; without files where there is none.
/// @error ConfigError  it is no manifest, or names files outside of the folder
ProjectManifest read_manifest(const std::filesystem::path& folder);

/// The same manifest gives the same bytes.
std::string to_text(const ProjectManifest& manifest);

}  // namespace thimble
