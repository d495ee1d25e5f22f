#pragma once
#include <CLI/CLI.hpp>
#include <vector>

#include "graph/base/error.hpp"

namespace thimble {

/// What a command line has that the program does not: an unknown command, or all unknown options of a known one; each
/// with the nearest word that there is. Empty where everything is known, whatever else is wrong.
/// @param app  after it was parsed
std::vector<ConfigIssue> unknown_words(const CLI::App& app);

}  // namespace thimble
