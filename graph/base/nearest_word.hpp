#pragma once
#include <string>
#include <vector>

namespace thimble {

/// The word of `words` nearest to `word` by edit distance, if it is near enough to be meant; else "".
std::string nearest_word(const std::string& word, const std::vector<std::string>& words);

}  // namespace thimble
