#include "graph/base/config.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "graph/base/config_reading.hpp"
#include "graph/base/nearest_word.hpp"

namespace thimble {

using namespace config_reading;

struct ConfigMap::Node {
  YAML::Node yaml;
  std::string path;  ///< "target." or ""
  std::set<std::string> known;
};

namespace {

std::string number_text(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

void apply_override(ConfigState& state, const std::string& setting) {
  std::vector<ConfigIssue>& issues = state.issues;
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0) {
    issues.push_back({"", 0, 0, "--set", setting, "must be of the form a.b=c"});
    return;
  }
  YAML::Node value;
  try {
    value = YAML::Load(setting.substr(equals + 1));
  } catch (const YAML::Exception& e) {
    issues.push_back({"", 0, 0, "--set", setting, std::string("is not YAML: ") + e.what()});
    return;
  }
  std::istringstream path(setting.substr(0, equals));
  std::vector<std::string> keys;
  for (std::string key; std::getline(path, key, '.');) keys.push_back(key);
  state.settings.emplace_back(setting.substr(0, equals), setting);
  YAML::Node node = state.document;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    if (!node[keys[i]] || !node[keys[i]].IsMap()) node[keys[i]] = YAML::Node(YAML::NodeType::Map);
    node.reset(node[keys[i]]);
  }
  node[keys.back()] = value;
}

}  // namespace

std::string Range::rule() const {
  const double infinity = std::numeric_limits<double>::infinity();
  if (most == infinity) {
    if (above > -infinity) return "must be > " + number_text(above);
    if (least > -infinity) return "must be >= " + number_text(least);
    return "must be a finite number";
  }
  if (above > -infinity) return "must be in (" + number_text(above) + ", " + number_text(most) + "]";
  if (least > -infinity) return "must be in [" + number_text(least) + ", " + number_text(most) + "]";
  return "must be <= " + number_text(most);
}

ConfigMap::ConfigMap(std::shared_ptr<ConfigState> state, std::shared_ptr<Node> node) : state_(std::move(state)) {
  // Two readers of one mapping share what they know of it.
  const auto entry = state_->maps.emplace(node->path, node).first;
  node_ = std::static_pointer_cast<Node>(entry->second);
}

bool ConfigMap::has(const std::string& key) const { return static_cast<bool>(child_of(node_->yaml, key)); }

ConfigMap ConfigMap::map(const std::string& key, bool required) {
  if (required) require(key);
  node_->known.insert(key);
  const YAML::Node found = child_of(node_->yaml, key);
  if (found && !found.IsMap()) problem(key, "must be a mapping");
  const YAML::Node yaml = found && found.IsMap() ? found : YAML::Node(YAML::NodeType::Map);
  if (!found) node_->yaml[key] = yaml;
  auto node = std::make_shared<Node>();
  node->yaml = yaml;
  node->path = node_->path + key + ".";
  return ConfigMap(state_, std::move(node));
}

std::vector<ConfigMap> ConfigMap::maps(const std::string& key, bool required) {
  if (required) require(key);
  node_->known.insert(key);
  const YAML::Node yaml = child_of(node_->yaml, key);
  std::vector<ConfigMap> result;
  if (!yaml) return result;
  if (!yaml.IsSequence()) {
    problem(key, "must be a list of mappings");
    return result;
  }
  for (std::size_t i = 0; i < yaml.size(); ++i) {
    auto node = std::make_shared<Node>();
    node->yaml = yaml[i];
    node->path = node_->path + key + "[" + std::to_string(i) + "].";
    if (!yaml[i].IsMap()) {
      Reading(*state_, yaml[i], node_->path + key + "[" + std::to_string(i) + "]")
          .problem(yaml[i], "must be a mapping");
      continue;
    }
    result.push_back(ConfigMap(state_, std::move(node)));
  }
  return result;
}

/// Reads a value, or writes the default that stays in force into the document (so that it shows in job.resolved.yaml).
template <class T, class Read>
bool ConfigMap::read_or_resolve(const std::string& key, T& value, Read read) {
  node_->known.insert(key);
  const YAML::Node found = child_of(node_->yaml, key);
  if (!found) {
    node_->yaml[key] = resolved(value);
    return false;
  }
  return read(Reading(*state_, found, node_->path + key));
}

bool ConfigMap::read(const std::string& key, int& value, const Range& range) {
  return read_or_resolve(key, value, [&](const auto& reading) { return reading.read(value, range); });
}
bool ConfigMap::read(const std::string& key, std::int64_t& value, const Range& range) {
  return read_or_resolve(key, value, [&](const auto& reading) { return reading.read(value, range); });
}
bool ConfigMap::read(const std::string& key, double& value, const Range& range) {
  return read_or_resolve(key, value, [&](const auto& reading) { return reading.read(value, range); });
}
bool ConfigMap::read(const std::string& key, bool& value) {
  return read_or_resolve(key, value, [&](const auto& reading) { return reading.read(value, {}); });
}
bool ConfigMap::read(const std::string& key, std::string& value) {
  return read_or_resolve(key, value, [&](const auto& reading) { return reading.read(value, {}); });
}
bool ConfigMap::read(const std::string& key, std::vector<int>& value, const Range& range) {
  return read_or_resolve(key, value, [&](const auto& reading) { return reading.read_list(value, range); });
}
bool ConfigMap::read(const std::string& key, std::vector<double>& value, const Range& range) {
  return read_or_resolve(key, value, [&](const auto& reading) { return reading.read_list(value, range); });
}
bool ConfigMap::read(const std::string& key, std::vector<std::string>& value) {
  return read_or_resolve(key, value, [&](const auto& reading) { return reading.read_list(value, {}); });
}

bool ConfigMap::read_choice(const std::string& key, std::string& value, const std::vector<std::string>& choices) {
  std::string word = value;
  if (!read(key, word)) return false;
  if (std::find(choices.begin(), choices.end(), word) != choices.end()) {
    value = word;
    return true;
  }
  std::string rule = "must be one of";
  for (const std::string& choice : choices) rule += " " + choice;
  const std::string near = nearest_word(word, choices);
  problem(key, near.empty() ? rule : rule + "; did you mean " + near + "?");
  return false;
}

void ConfigMap::resolve(const std::string& key, const std::string& value) { node_->yaml[key] = value; }

void ConfigMap::skip(const std::string& key) const { node_->known.insert(key); }

void ConfigMap::skip_rest() const {
  for (const auto& entry : node_->yaml) node_->known.insert(entry.first.Scalar());
}

void ConfigMap::require(const std::string& key) {
  node_->known.insert(key);
  if (has(key)) return;
  add_issue(*state_, node_->yaml.Mark(), node_->path + key, "", "is missing");
}

void ConfigMap::problem(const std::string& key, const std::string& rule) {
  node_->known.insert(key);
  const YAML::Node yaml = child_of(node_->yaml, key);
  Reading(*state_, yaml, node_->path + key).problem(yaml, rule);
}

ConfigFile ConfigFile::load(const std::string& path, const std::vector<std::string>& overrides) {
  if (std::filesystem::is_directory(path)) throw ConfigError({{path, 0, 0, "", "", "is a folder, not a YAML file"}});
  std::ifstream in(path, std::ios::binary);
  if (!in) throw ConfigError({{path, 0, 0, "", "", "cannot be read: no such file, or no permission"}});
  std::ostringstream text;
  text << in.rdbuf();
  return parse(text.str(), path, overrides);
}

ConfigFile ConfigFile::parse(const std::string& text, const std::string& name,
                             const std::vector<std::string>& overrides) {
  auto state = std::make_shared<ConfigState>();
  state->file = name;
  try {
    state->document = YAML::Load(text);
  } catch (const YAML::Exception& e) {
    throw ConfigError({{name, e.mark.line + 1, e.mark.column + 1, "", "", "is not YAML: " + e.msg}});
  }
  if (!state->document.IsMap()) throw ConfigError({{name, 0, 0, "", "", "must be a mapping of keys to values"}});
  for (const std::string& setting : overrides) apply_override(*state, setting);
  return ConfigFile(std::move(state));
}

ConfigMap ConfigFile::root() {
  auto node = std::make_shared<ConfigMap::Node>();
  node->yaml = state_->document;
  return ConfigMap(state_, std::move(node));
}

std::string ConfigFile::to_yaml() const {
  YAML::Emitter out;
  out << state_->document;
  return std::string(out.c_str()) + "\n";
}

void ConfigFile::finish() {
  for (const auto& [path, handle] : state_->maps) {
    const auto& map = *std::static_pointer_cast<ConfigMap::Node>(handle);
    if (!map.yaml.IsMap()) continue;
    const std::vector<std::string> known(map.known.begin(), map.known.end());
    for (const auto& entry : map.yaml) {
      const std::string key = entry.first.Scalar();
      if (map.known.count(key)) continue;
      const std::string near = nearest_word(key, known);
      add_issue(*state_, entry.first.Mark(), map.path + key, "",
                near.empty() ? "unknown key" : "unknown key; did you mean " + near + "?");
    }
  }
  state_->maps.clear();
  if (state_->issues.empty()) return;
  std::stable_sort(state_->issues.begin(), state_->issues.end(), [](const ConfigIssue& a, const ConfigIssue& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  throw ConfigError(state_->issues);
}

}  // namespace thimble
