#include "graph/base/config_difference.hpp"

#include <yaml-cpp/yaml.h>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

YAML::Node parse(const std::string& text) {
  try {
    return YAML::Load(text);
  } catch (const YAML::Exception& e) {
    throw Error(std::string("is not YAML: ") + e.what());
  }
}

/// On one line: [1, 2], {a: 1}, word.
std::string value_text(const YAML::Node& node) {
  if (!node) return "";
  if (node.IsScalar()) return node.Scalar();
  YAML::Emitter out;
  out << YAML::Flow << node;
  return out.c_str();
}

bool holds_maps(const YAML::Node& node) { return node && node.IsSequence() && node.size() > 0 && node[0].IsMap(); }

void compare(const std::string& key, const YAML::Node& before, const YAML::Node& after,
             std::vector<ConfigDifference>& found);

void compare_maps(const std::string& key, const YAML::Node& before, const YAML::Node& after,
                  std::vector<ConfigDifference>& found) {
  const std::string prefix = key.empty() ? "" : key + ".";
  for (const auto& entry : before)
    compare(prefix + entry.first.Scalar(), entry.second, after[entry.first.Scalar()], found);
  for (const auto& entry : after)
    if (!before[entry.first.Scalar()])
      compare(prefix + entry.first.Scalar(), YAML::Node(YAML::NodeType::Undefined), entry.second, found);
}

void compare(const std::string& key, const YAML::Node& before, const YAML::Node& after,
             std::vector<ConfigDifference>& found) {
  if (before && after && before.IsMap() && after.IsMap()) return compare_maps(key, before, after, found);
  if (holds_maps(before) && holds_maps(after) && before.size() == after.size()) {
    for (std::size_t i = 0; i < before.size(); ++i)
      compare(key + "[" + std::to_string(i) + "]", before[i], after[i], found);
    return;
  }
  const std::string old_text = value_text(before), new_text = value_text(after);
  if (old_text != new_text) found.push_back({key, old_text, new_text});
}

}  // namespace

std::vector<ConfigDifference> config_differences(const std::string& before, const std::string& after) {
  std::vector<ConfigDifference> found;
  compare("", parse(before), parse(after), found);
  return found;
}

}  // namespace thimble
