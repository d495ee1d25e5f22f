#include "graph/base/error.hpp"

#include <algorithm>
#include <map>

namespace thimble {
namespace {

std::string place_of(const ConfigIssue& issue) {
  return issue.line > 0 ? std::to_string(issue.line) + ":" + std::to_string(issue.column) : "";
}

std::string subject_of(const ConfigIssue& issue) {
  if (issue.value.empty()) return issue.key;
  return issue.key.empty() ? issue.value : issue.key + " = " + issue.value;
}

std::string pad(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

}  // namespace

ConfigError::ConfigError(std::vector<ConfigIssue> issues)
    : std::runtime_error(to_text(issues)), issues_(std::move(issues)) {}

std::string to_text(const std::vector<ConfigIssue>& issues) {
  std::vector<std::string> files;
  std::map<std::string, std::vector<const ConfigIssue*>> by_file;
  std::size_t place_width = 0, subject_width = 0;
  for (const ConfigIssue& issue : issues) {
    if (by_file[issue.file].empty()) files.push_back(issue.file);
    by_file[issue.file].push_back(&issue);
    place_width = std::max(place_width, place_of(issue).size());
    subject_width = std::max(subject_width, std::min<std::size_t>(40, subject_of(issue).size()));
  }
  std::string text;
  for (const std::string& file : files) {
    const auto& list = by_file[file];
    text += (file.empty() ? "command line" : file) + ": " + std::to_string(list.size()) +
            (list.size() == 1 ? " problem\n" : " problems\n");
    for (const ConfigIssue* issue : list) {
      text += "  ";
      if (place_width > 0) text += pad(place_of(*issue), place_width) + "  ";
      text += pad(subject_of(*issue), subject_width) + "  " + issue->rule + "\n";
    }
  }
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace thimble
