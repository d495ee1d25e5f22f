#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "graph/base/error.hpp"
#include "graph/base/hash.hpp"

namespace thimble::test {

/// The message of `read` for a model's file once it is changed; with its checksum put right, so that the change itself
/// is seen.
template <class Change, class Read>
std::string message_of_changed(const std::string& text, const Change& change, const Read& read) {
  nlohmann::json document = nlohmann::json::parse(text);
  document.erase("crc32");
  change(document);
  const std::string rest = document.dump();
  char sum[16];
  std::snprintf(sum, sizeof sum, "%08x", crc32_of(rest.data(), rest.size()));
  document["crc32"] = sum;
  try {
    read(document.dump());
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no problem";
}

}  // namespace thimble::test
