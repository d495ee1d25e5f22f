#include "deploy/template_text.hpp"

#include <algorithm>
#include <cctype>

namespace thimble {
namespace {

/// The value whose mark stands at the beginning of `text`; nothing where none does.
const std::pair<std::string, std::string>* value_at(std::string_view text,
                                                    const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& value : values)
    if (text.starts_with("@" + value.first + "@")) return &value;
  return nullptr;
}

}  // namespace

std::string fill_template(std::string_view text, const std::vector<std::pair<std::string, std::string>>& values) {
  std::string result;
  while (!text.empty()) {
    const std::size_t at = text.find('@');
    result += text.substr(0, at);
    text.remove_prefix(std::min(at, text.size()));
    if (const auto* value = value_at(text, values)) {
      result += value->second;
      text.remove_prefix(value->first.size() + 2);
    } else if (!text.empty()) {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  return result;
}

std::string comment_text(std::string text) {
  for (char& c : text)
    if (c < ' ' || c > '~' || c == '*' || c == '\\') c = '_';
  return text;
}

std::string markdown_text(std::string_view text) {
  constexpr std::string_view kSigns = "\\`*[]<>#|~&$";
  const auto in_word = [&](std::size_t i) {
    return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i]));
  };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool control = static_cast<unsigned char>(c) < ' ' || c == 0x7f;
    const bool emphasis = c == '_' && !(i > 0 && in_word(i - 1) && in_word(i + 1));
    if (emphasis || kSigns.find(c) != std::string_view::npos) result += '\\';
    result += control ? ' ' : c;
  }
  return result;
}

std::string shell_text(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:=@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

}  // namespace thimble
