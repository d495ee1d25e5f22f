#pragma once
// How values come out of a YAML document; for config.cpp alone.
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/base/config.hpp"

namespace thimble {

struct ConfigState {
  std::string file;
  YAML::Node document;
  std::vector<ConfigIssue> issues;
  std::vector<std::pair<std::string, std::string>> settings;  ///< from --set: key, and the whole as it was given
  std::map<std::string, std::shared_ptr<void>>
      maps;  ///< every ConfigMap::Node handed out by path, to find unknown keys
};

namespace config_reading {

inline YAML::Node child_of(const YAML::Node& map, const std::string& key) {
  return map.IsMap() ? map[key] : YAML::Node(YAML::NodeType::Undefined);
}

inline std::string scalar_text(const YAML::Node& node) {
  if (!node || node.IsNull()) return "null";
  if (node.IsScalar()) return node.Scalar();
  return node.IsSequence() ? "[...]" : "{...}";
}

template <class T>
bool convert(const YAML::Node& node, T& value) {
  return node.IsScalar() && YAML::convert<T>::decode(node, value);
}

template <class T>
const char* kind_rule();
template <>
inline const char* kind_rule<int>() {
  return "must be a whole number";
}
template <>
inline const char* kind_rule<std::int64_t>() {
  return "must be a whole number";
}
template <>
inline const char* kind_rule<double>() {
  return "must be a number";
}
template <>
inline const char* kind_rule<bool>() {
  return "must be true or false";
}
template <>
inline const char* kind_rule<std::string>() {
  return "must be text";
}

/// The setting that gave a key its value; null where the file did.
inline const std::string* setting_of(const ConfigState& state, const std::string& key) {
  for (auto one = state.settings.rbegin(); one != state.settings.rend(); ++one) {
    const auto& [path, setting] = *one;
    if (!key.starts_with(path)) continue;
    if (key.size() == path.size() || key[path.size()] == '.' || key[path.size()] == '[') return &setting;
  }
  return nullptr;
}

/// Places an issue in the file, or in the setting that is at fault.
inline void add_issue(ConfigState& state, const YAML::Mark& mark, const std::string& key, const std::string& value,
                      const std::string& rule) {
  if (const std::string* setting = setting_of(state, key); setting != nullptr)
    return state.issues.push_back({"--set " + *setting, 0, 0, key, value, rule});
  const bool placed = !mark.is_null() && mark.line >= 0;
  state.issues.push_back({state.file, placed ? mark.line + 1 : 0, placed ? mark.column + 1 : 0, key, value, rule});
}

class Reading {
 public:
  Reading(ConfigState& state, YAML::Node node, std::string key)
      : state_(state), node_(std::move(node)), key_(std::move(key)) {}

  void problem(const YAML::Node& node, const std::string& rule) const {
    add_issue(state_, node ? node.Mark() : YAML::Mark::null_mark(), key_, node ? scalar_text(node) : "", rule);
  }

  template <class T>
  bool scalar(const YAML::Node& node, T& value, const Range& range) const {
    T read{};
    if (!convert(node, read)) return problem(node, kind_rule<T>()), false;
    if constexpr (!std::is_same_v<T, std::string> && !std::is_same_v<T, bool>) {
      if (!std::isfinite(static_cast<double>(read)) || !range.holds(static_cast<double>(read)))
        return problem(node, range.rule()), false;
    }
    value = read;
    return true;
  }

  template <class T>
  bool read(T& value, const Range& range) const {
    return node_ && scalar(node_, value, range);
  }

  template <class T>
  bool read_list(std::vector<T>& value, const Range& range) const {
    if (!node_) return false;
    if (!node_.IsSequence() || node_.size() == 0) return problem(node_, "must be a list of at least one value"), false;
    std::vector<T> values(node_.size());
    bool good = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
      T element{};
      good = scalar(node_[i], element, range) && good;
      values[i] = element;
    }
    if (good) value = std::move(values);
    return good;
  }

 private:
  ConfigState& state_;
  YAML::Node node_;
  std::string key_;
};

/// The shortest text that reads back as the value.
inline YAML::Node resolved(double value) {
  char text[32];
  return YAML::Node(std::string(text, std::to_chars(text, text + sizeof text, value).ptr));
}
template <class T>
YAML::Node resolved(const T& value) {
  return YAML::Node(value);
}
template <class T>
YAML::Node resolved(const std::vector<T>& values) {
  YAML::Node list(YAML::NodeType::Sequence);
  list.SetStyle(YAML::EmitterStyle::Flow);
  for (const T& value : values) list.push_back(resolved(value));
  return list;
}

}  // namespace config_reading
}  // namespace thimble
