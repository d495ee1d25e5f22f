#pragma once
// Debian 12 packages Catch2 2, newer systems Catch2 3: this header serves both.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

#include <cstdlib>
#include <filesystem>
#include <string>

namespace thimble::test {

/// The shared test material (golden models, pictures), which only developers' machines have; empty where it is missing.
/// THIMBLE_TEST_DATA names it; the default is `shared` beside the checkout.
inline std::filesystem::path test_data(const std::string& name) {
  const char* set = std::getenv("THIMBLE_TEST_DATA");
  const std::filesystem::path root =
      set ? std::filesystem::path(set) : std::filesystem::path(THIMBLE_SOURCE_DIR) / "../shared";
  return std::filesystem::exists(root / name) ? root / name : std::filesystem::path();
}

}  // namespace thimble::test

/// Ends the test case, saying so, where the material is missing.
#define THIMBLE_SKIP_WITHOUT(path, what)              \
  if ((path).empty()) {                               \
    WARN("skipped: " what " is not on this machine"); \
    return;                                           \
  }
