#pragma once
#include <string>
#include <vector>

namespace thimble {

/// A program or file that Thimble needs at run time.
struct Tool {
  std::string name;
  std::string purpose;
  bool required = true;  ///< else something smaller is missing without it
  bool found = false;
  std::string version{};  ///< as the tool states it; of a file, its path
  std::string remedy{};   ///< what to type where it is missing
};

/// Looks for everything, and starts each tool once for its version.
std::vector<Tool> find_tools();

}  // namespace thimble
