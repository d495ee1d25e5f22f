#include "cli/unknown_words.hpp"

#include "graph/base/nearest_word.hpp"

namespace thimble {
namespace {

ConfigIssue unknown(const std::string& word, const char* what, const std::vector<std::string>& words,
                    const std::string& help) {
  const std::string near = nearest_word(word, words);
  return {"",   0,  0,
          word, "", std::string("unknown ") + what + (near.empty() ? "; see " + help : "; did you mean " + near + "?")};
}

bool is_option(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

void add_unknown_options(const CLI::App& app, const std::string& help, std::vector<ConfigIssue>& issues) {
  for (const std::string& word : app.remaining())
    if (is_option(word)) issues.push_back(unknown(word.substr(0, word.find('=')), "option", options_of(app), help));
}

}  // namespace

std::vector<ConfigIssue> unknown_words(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  if (parsed.empty())
    for (const std::string& word : app.remaining())
      if (!is_option(word)) return {unknown(word, "command", commands_of(app), "thimble --help")};
  std::vector<ConfigIssue> issues;
  add_unknown_options(app, "thimble --help", issues);
  for (const CLI::App* sub : parsed) add_unknown_options(*sub, "thimble " + sub->get_name() + " --help", issues);
  return issues;
}

}  // namespace thimble
