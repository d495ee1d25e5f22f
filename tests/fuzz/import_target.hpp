#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace thimble::test {

/// Imports a file and, where that gives a small network, runs it, exports it and compares what comes back.
/// @return what happened, in a word: messages lose their numbers and names, so that like outcomes read alike
/// Ends the process where something else happens than a network or a list of problems.
std::string import_once(std::span<const std::uint8_t> bytes);

}  // namespace thimble::test
