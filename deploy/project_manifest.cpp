#include "deploy/project_manifest.hpp"

#include <nlohmann/json.hpp>

#include "graph/base/error.hpp"
#include "graph/base/files.hpp"
#include "graph/base/hash.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace thimble {
namespace {

constexpr const char* kFormat = "thimble firmware project";
constexpr int kSchema = 1;

/// A path that stays in the folder: what it names may be removed.
bool stays_inside(const fs::path& path) {
  if (path.empty() || path.is_absolute() || path != path.lexically_normal()) return false;
  return *path.begin() != ".." && *path.begin() != "." && path.has_filename();
}

ProjectManifest manifest_of(const json& document) {
  ProjectManifest manifest{{document.at("model"), document.at("board")}, {}};
  for (const auto& [path, hashes] : document.at("files").items()) {
    if (!stays_inside(path)) throw Error("names a file outside of the folder: " + path);
    manifest.files[path] =
        hashes.is_string() ? std::set<std::string>{hashes.get<std::string>()} : hashes.get<std::set<std::string>>();
  }
  return manifest;
}

}  // namespace

std::string content_hash(std::string_view content) { return to_hex(fnv1a64(content)); }

ProjectManifest read_manifest(const fs::path& folder) {
  const fs::path path = folder / kProjectManifest;
  if (!fs::exists(path)) return {};
  const auto refuse = [&](const std::string& rule) {
    return ConfigError({{path.string(), 0, 0, "", "", rule + "; give another folder, or delete this file"}});
  };
  const json document = json::parse(read_file(path), nullptr, false);  // discarded where it is no JSON
  if (!document.is_object() || document.value("format", json()) != kFormat ||
      document.value("schema_version", json()) != kSchema)
    throw refuse("is no manifest of a firmware project that this version reads");
  try {
    return manifest_of(document);
  } catch (const json::exception& e) {
    throw refuse(std::string("is no whole manifest: ") + e.what());
  } catch (const Error& e) {
    throw refuse(e.what());
  }
}

std::string to_text(const ProjectManifest& manifest) {
  json files = json::object();
  for (const auto& [path, hashes] : manifest.files)
    files[path] = hashes.size() == 1 ? json(*hashes.begin()) : json(hashes);
  const json document = {{"format", kFormat},
                         {"schema_version", kSchema},
                         {"model", manifest.label.model},
                         {"board", manifest.label.board},
                         {"files", files}};
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace thimble
