#pragma once
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "graph/base/error.hpp"

namespace thimble {

/// Reads keys of a JSON document, and collects what is wrong.
class JsonReader {
 public:
  JsonReader(const nlohmann::json& document, std::string file) : document_(document), file_(std::move(file)) {}

  void problem(const std::string& key, const std::string& rule, const nlohmann::json* value = nullptr) {
    std::string text = value == nullptr || value->is_structured() ? "" : value->dump();
    issues_.push_back({file_, 0, 0, key, std::move(text), rule});
  }
  bool good() const { return issues_.empty(); }
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
      if (!at->is_object() || !at->contains(part)) return problem(key, "is missing"), nullptr;
      at = &at->at(part);
    }
    return at;
  }

  void read(const std::string& key, std::string& to) {
    const nlohmann::json* const value = find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return problem(key, "must be text", value);
    to = value->get<std::string>();
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
  const nlohmann::json& document_;
  std::string file_;
  std::vector<ConfigIssue> issues_;
};

}  // namespace thimble
