#pragma once
#include <string>
#include <vector>

namespace thimble {

/// A command line of a board's file as words, as a shell takes them, but that nothing is expanded: between blanks; what
/// stands in '...' is taken as it is, and in "..." as well, where \" and \\ stand for " and \.
/// @error Error  a quote is never closed: names it
std::vector<std::string> words_of(const std::string& command);

}  // namespace thimble
