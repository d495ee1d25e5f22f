#include "deploy/class_names.hpp"

#include <fmt/format.h>

#include "graph/base/error.hpp"

namespace thimble {

std::string c_string(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    const bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '?';  // "??/" is a trigraph
    if (plain)
      result += c;
    else
      result += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return result + "\"";
}

std::string class_macros(const std::vector<std::string>& class_names, std::int64_t values) {
  if (class_names.empty()) return "";
  if (static_cast<std::int64_t>(class_names.size()) != values)
    throw Error(fmt::format("{} class names for {} outputs", class_names.size(), values));
  std::string text = fmt::format(
      "\n/* What the output's values are scores of, in their order:\n"
      " *   static const char *const names[MODEL_CLASSES] = MODEL_CLASS_NAMES; */\n"
      "#define MODEL_CLASSES {}\n#define MODEL_CLASS_NAMES {{ \\\n",
      values);
  for (std::size_t i = 0; i < class_names.size(); ++i)
    text += fmt::format("    /* {} */ {}, \\\n", i, c_string(class_names[i]));
  return text + "}\n";
}

}  // namespace thimble
