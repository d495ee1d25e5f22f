#include "profiler/command_words.hpp"

#include "graph/base/error.hpp"

namespace thimble {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Takes what stands in quotes from `at` on, both quotes included. @return the place behind them
std::size_t take_quoted(const std::string& command, std::size_t at, std::string& word) {
  const char quote = command[at];
  const auto is_escape = [&](std::size_t i) {
    return quote == '"' && command[i] == '\\' && i + 1 < command.size() &&
           (command[i + 1] == '"' || command[i + 1] == '\\');
  };
  for (std::size_t i = at + 1; i < command.size(); ++i) {
    if (command[i] == quote) return i + 1;
    if (is_escape(i)) ++i;
    word += command[i];
  }
  throw Error("the quote that begins at " + command.substr(at) + " is never closed");
}

}  // namespace

std::vector<std::string> words_of(const std::string& command) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < command.size();) {
    if (is_blank(command[at])) {
      ++at;
      continue;
    }
    std::string& word = words.emplace_back();
    while (at < command.size() && !is_blank(command[at])) {
      if (command[at] == '"' || command[at] == '\'')
        at = take_quoted(command, at, word);
      else
        word += command[at++];
    }
  }
  return words;
}

}  // namespace thimble
