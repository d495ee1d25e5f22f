#pragma once
#include <string>
#include <vector>

namespace thimble {

/// A key whose value is not the same in two YAML documents.
struct ConfigDifference {
  std::string key;            ///< "search.population", "stages[1].depths"
  std::string before, after;  ///< as YAML on one line; empty where the key is missing
};

/// All of them, in the order of the first document and then of the second; comments and layout do not count.
/// @error Error  a document is not YAML
std::vector<ConfigDifference> config_differences(const std::string& before, const std::string& after);

}  // namespace thimble
