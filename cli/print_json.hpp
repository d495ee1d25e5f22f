#pragma once
#include <cstdio>
#include <nlohmann/json.hpp>

namespace thimble {

/// The document on stdout, for --json. @return 0, the exit code
inline int print_json(const nlohmann::json& document) {
  std::printf("%s\n", document.dump(1).c_str());
  return 0;
}

}  // namespace thimble
