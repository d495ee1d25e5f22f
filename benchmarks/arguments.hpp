#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "graph/base/error.hpp"

namespace thimble {

/// A benchmark's command line: options with a value, flags, words.
struct Arguments {
  std::map<std::string, std::function<void(const std::string&)>> options;  ///< "--seed": takes the next word
  std::map<std::string, bool*> flags;                                      ///< "--json"
  std::function<void(const std::string&)> word;  ///< of what begins with no dash; may be empty
};

/// @error Error             an option that there is none of, or without its value
/// @error std::logic_error  what the takers throw: std::stoi of a word
inline void read_arguments(int argc, char** argv, const Arguments& arguments) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (const auto option = arguments.options.find(words[i]); option != arguments.options.end()) {
      if (i + 1 == words.size()) throw Error(words[i] + " wants a value");
      option->second(words[++i]);
    } else if (const auto flag = arguments.flags.find(words[i]); flag != arguments.flags.end()) {
      *flag->second = true;
    } else if (arguments.word && !words[i].starts_with("-")) {
      arguments.word(words[i]);
    } else {
      throw Error(words[i] + ": no such option");
    }
  }
}

}  // namespace thimble
