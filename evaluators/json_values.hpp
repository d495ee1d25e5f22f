#pragma once
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "graph/base/error.hpp"

namespace thimble {

/// Like JsonReader, for keys that lead through lists ("stages.0.depths"), and for lists. For .cpp files alone.
class JsonValues {
 public:
  /// @param file  in messages
  JsonValues(const nlohmann::json& document, std::string file) : document_(document), file_(std::move(file)) {}

  void problem(const std::string& key, const std::string& rule) { issues_.push_back({file_, 0, 0, key, "", rule}); }
  bool good() const { return issues_.empty(); }
  /// @error ConfigError  all problems so far
  void finish() const {
    if (!issues_.empty()) throw ConfigError(issues_);
  }

  /// The value at "scores.0.model", null (and a problem) where there is none.
  const nlohmann::json* find(const std::string& key) {
    const nlohmann::json::json_pointer place = pointer(key);
    if (document_.contains(place)) return &document_.at(place);
    return problem(key, "is missing"), nullptr;
  }

  /// Text, a number, a flag, or a list of lists of them; numbers are finite, whole where a whole one is wanted.
  template <class T>
  void read(const std::string& key, T& to) {
    const nlohmann::json* const value = find(key);
    if (value != nullptr && !convert(*value, to)) problem(key, std::string("must be ") + wanted(to));
  }

 private:
  static nlohmann::json::json_pointer pointer(const std::string& key) {
    std::string path = "/" + key;
    for (char& c : path)
      if (c == '.') c = '/';
    return nlohmann::json::json_pointer(path);
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
