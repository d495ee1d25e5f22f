#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "graph/base/error.hpp"

namespace thimble {

/// Reads keys of a JSON document, and collects what is wrong. A key leads through objects and lists: "scores.0.model".
/// For .cpp files alone.
class JsonReader {
 public:
  JsonReader(const nlohmann::json& document, std::string file) : document_(document), file_(std::move(file)) {}

  void problem(const std::string& key, const std::string& rule, const nlohmann::json* value = nullptr) {
    std::string text = value == nullptr || value->is_structured() ? "" : value->dump();
    issues_.push_back({file_, 0, 0, key, std::move(text), rule});
  }
  bool good() const { return issues_.empty(); }
  /// @error ConfigError  all problems so far
  void finish() const {
    if (!issues_.empty()) throw ConfigError(issues_);
  }

  /// The value at "training.space", null (and a problem) where there is none.
  const nlohmann::json* find(const std::string& key) {
    const nlohmann::json* at = &document_;
    std::size_t begin = 0;
    for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
      end = key.find('.', begin);
      const std::string part = key.substr(begin, end == std::string::npos ? end : end - begin);
      at = child_of(*at, part);
      if (at == nullptr) return problem(key, "is missing"), nullptr;
    }
    return at;
  }

  /// Text, a number, a flag, or a list of lists of them; numbers are finite, whole where a whole one is wanted.
  template <class T>
  void read(const std::string& key, T& to) {
    const nlohmann::json* const value = find(key);
    if (value != nullptr && !convert(*value, to)) problem(key, std::string("must be ") + wanted(to), value);
  }
  void read(const std::string& key, double& to, double above) {
    const nlohmann::json* const value = find(key);
    if (value == nullptr) return;
    if (!value->is_number() || !std::isfinite(value->get<double>())) return problem(key, "must be a number", value);
    if (value->get<double>() <= above) return problem(key, "must be above " + nlohmann::json(above).dump(), value);
    to = value->get<double>();
  }
  template <class Integer>
  void read_count(const std::string& key, Integer& to) {
    const nlohmann::json* const value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_unsigned() && !(value->is_number_integer() && value->get<std::int64_t>() >= 0))
      return problem(key, "must be a whole number >= 0", value);
    to = value->get<Integer>();
  }

 private:
  static const nlohmann::json* child_of(const nlohmann::json& parent, const std::string& name) {
    if (parent.is_object()) return parent.contains(name) ? &parent.at(name) : nullptr;
    if (!parent.is_array() || name.empty() || name.find_first_not_of("0123456789") != std::string::npos) return nullptr;
    const std::size_t index = std::stoul(name);
    return index < parent.size() ? &parent[index] : nullptr;
  }

  static bool convert(const nlohmann::json& value, std::string& to) {
    return value.is_string() && (to = value.get<std::string>(), true);
  }
  static bool convert(const nlohmann::json& value, bool& to) {
    return value.is_boolean() && (to = value.get<bool>(), true);
  }
  static bool convert(const nlohmann::json& value, double& to) {
    return value.is_number() && (to = value.get<double>(), true);  // JSON has no infinity
  }
  static bool convert(const nlohmann::json& value, float& to) {
    return value.is_number() && (to = value.get<float>(), true);
  }
  static bool convert(const nlohmann::json& value, int& to) {
    if (!value.is_number_integer() || value > std::numeric_limits<int>::max() || value < 0) return false;
    return to = value.get<int>(), true;
  }
  static bool convert(const nlohmann::json& value, std::uint64_t& to) {
    return value.is_number_unsigned() && (to = value.get<std::uint64_t>(), true);
  }
  template <class T>
  static bool convert(const nlohmann::json& value, std::vector<T>& to) {
    if (!value.is_array()) return false;
    to.clear();
    for (const nlohmann::json& one : value) {
      T element{};
      if (!convert(one, element)) return false;
      to.push_back(std::move(element));
    }
    return true;
  }

  static const char* wanted(const std::string&) { return "text"; }
  static const char* wanted(bool) { return "true or false"; }
  static const char* wanted(double) { return "a number"; }
  static const char* wanted(int) { return "a whole number >= 0"; }
  static const char* wanted(std::uint64_t) { return "a whole number >= 0"; }
  template <class T>
  static const char* wanted(const std::vector<T>&) {
    return "a list of values of one kind";
  }

  const nlohmann::json& document_;
  std::string file_;
  std::vector<ConfigIssue> issues_;
};

}  // namespace thimble
