#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace thimble {

/// A template with every @NAME@ of `values` replaced by its value. Values are text: what looks like a mark in one
/// stays.
std::string fill_template(std::string_view text, const std::vector<std::pair<std::string, std::string>>& values);

/// Anything as one line that can stand in a comment of C, of make or of a linker script: whatever would end, continue
/// or start something there, and what is not printable, is '_'.
std::string comment_text(std::string text);

/// Anything as one line of Markdown that shows it as it is.
std::string markdown_text(std::string_view text);

/// A path or a word as one argument of a shell's command line: quoted where it has to be.
std::string shell_text(std::string_view text);

}  // namespace thimble
