#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "graph/base/config.hpp"

namespace thimble {

/// The job's name; where it has none, the file's.
inline void read_name(ConfigMap& root, const std::filesystem::path& file, std::string& name) {
  name = file.stem().string();
  root.read("name", name);
  if (name.empty() ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != std::string::npos)
    root.problem("name", "must be of letters, digits, '.', '_' and '-': it names a folder");
}

/// Turns a path of the file into one that holds wherever the job is read again (job.resolved.yaml).
inline void read_path(ConfigMap& map, const std::string& key, const std::filesystem::path& folder, std::string& path) {
  if (map.has(key) && map.read(key, path) && !path.empty()) {
    path = std::filesystem::weakly_canonical(folder / path).string();
    map.resolve(key, path);
  }
}

/// Adds what is wrong with another file, so that all problems are shown at once.
template <class Action>
void collect(std::vector<ConfigIssue>& issues, const Action& action) {
  try {
    action();
  } catch (const ConfigError& e) {
    issues.insert(issues.end(), e.issues().begin(), e.issues().end());
  }
}

}  // namespace thimble
