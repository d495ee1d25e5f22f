#include "evaluators/model_file.hpp"

#include <nlohmann/json.hpp>

#include "evaluators/json_reader.hpp"
#include "graph/base/files.hpp"
#include "graph/base/hash.hpp"

using nlohmann::json;

namespace thimble {
namespace {

/// CRC-32 of the document without its own "crc32".
std::string checksum_of(const json& document) {
  json rest = document;
  rest.erase("crc32");
  const std::string text = rest.dump();
  char sum[16];
  std::snprintf(sum, sizeof sum, "%08x", crc32_of(text.data(), text.size()));
  return sum;
}

bool is_of_kind(const json& document, const ModelFileKind& kind) {
  return document.is_object() && document.value("format", json()) == kind.format;
}

void require_kind(const json& document, const std::string& name, const ModelFileKind& kind) {
  JsonReader reader(document, name);
  if (!is_of_kind(document, kind))
    reader.problem("format", std::string("must be \"") + kind.format + "\": this is a file of another kind");
  reader.finish();
  const json version = document.value("schema_version", json());
  if (version != kind.schema_version)
    reader.problem("schema_version",
                   "must be " + std::to_string(kind.schema_version) + ", which this version reads; " + kind.make_anew,
                   &version);
  reader.finish();
  const json sum = document.value("crc32", json());
  if (sum != checksum_of(document))
    reader.problem("crc32",
                   "must be \"" + checksum_of(document) +
                       "\", that of the content: the file was changed since it was written; " + kind.make_anew,
                   &sum);
  reader.finish();
}

std::string lines_of(const json& value) {
  if (!value.is_array() || value.empty() || !value[0].is_array()) return value.dump();
  std::string text = "[";
  for (const json& row : value) text += (text == "[" ? "\n  " : ",\n  ") + row.dump();
  return text + "\n ]";
}

}  // namespace

std::string signed_text(json document) {
  document["crc32"] = checksum_of(document);
  std::string text = "{";
  for (const auto& [key, value] : document.items())
    text += (text == "{" ? "\n" : ",\n") + (" " + json(key).dump()) + ": " + lines_of(value);
  return text + "\n}\n";
}

json parse_model_file(const std::string& text, const std::string& name, const ModelFileKind& kind) {
  const json document = [&] {
    try {
      return json::parse(text);
    } catch (const json::exception& e) {
      throw ConfigError({{name, 0, 0, "", "", std::string("is no JSON, or not all of it: ") + e.what()}});
    }
  }();
  require_kind(document, name, kind);
  return document;
}

std::string read_model_file(const std::filesystem::path& path) {
  try {
    return read_file(path);
  } catch (const Error&) {
    throw ConfigError({{path.string(), 0, 0, "", "", "cannot be read: no such file, or no permission"}});
  }
}

bool is_model_file(const std::filesystem::path& path, const ModelFileKind& kind) {
  return is_of_kind(json::parse(read_file(path), nullptr, false), kind);  // discarded where it is no JSON
}

}  // namespace thimble
