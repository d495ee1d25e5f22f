#include "evaluators/latency_model_file.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "evaluators/latency_features.hpp"
#include "graph/base/files.hpp"
#include "graph/base/hash.hpp"
#include "profiler/provenance.hpp"

using nlohmann::json;

namespace thimble {
namespace {

constexpr const char* kFormat = "thimble latency model";
constexpr const char* kMakeAnew = "make the model anew with `thimble latency-model`";
/// Of a row of the table: the kernel's name, the words from in_h on, then these.
constexpr const char* kShapeColumns[] = {
    "in_h",      "in_w",      "in_c",       "out_h",       "out_w",          "out_c",         "kernel_h", "kernel_w",
    "stride_h",  "stride_w",  "pad_top",    "pad_left",    "operands",       "ring_rows",     "relu",     "wide",
    "broadcast", "more_rows", "input_zero", "output_zero", "activation_min", "activation_max"};
static_assert(std::size(kShapeColumns) == kShapeWords - 1);
constexpr std::size_t kSignedColumns = 18;  ///< those from here on are int8
constexpr std::size_t kRowSize = 2 + std::size(kShapeColumns) + 3;
constexpr double kPercent = 100;

json columns() {
  json names = {"kernel", "op"};
  for (const char* name : kShapeColumns) names.push_back(name);
  for (const char* name : {"macs", "cycles", "seen"}) names.push_back(name);
  return names;
}

json row_of(const LayerShape& shape, const TimedShape& timed) {
  json row = {short_kernel_name(shape[0]), timed.op};
  for (std::size_t i = 1; i < shape.size(); ++i)
    if (i > kSignedColumns)
      row.push_back(static_cast<std::int32_t>(shape[i]));
    else
      row.push_back(shape[i]);
  row.push_back(timed.macs);
  row.push_back(timed.cycles);
  row.push_back(timed.seen);
  return row;
}

json error_facts(const PredictionError& e) {
  return {{"networks", e.plans},
          {"mean_error_percent", kPercent * e.mean},
          {"median_error_percent", kPercent * e.median},
          {"percentile_90_error_percent", kPercent * e.percentile_90},
          {"worst_error_percent", kPercent * e.worst},
          {"bias_percent", kPercent * e.bias}};
}

json document_of(const LatencyModelFile& file) {
  const LatencyModelOrigin& o = file.origin;
  const LatencyParameters& p = file.model.parameters();
  json table = json::array();
  for (const auto& [shape, timed] : p.table) table.push_back(row_of(shape, timed));
  return {{"format", kFormat},
          {"schema_version", kLatencyModelSchema},
          {"board", {{"name", o.board}, {"core", o.core}, {"clock_hz", o.clock_hz}}},
          {"provenance", to_text(o.provenance)},
          {"firmware_hash", o.firmware_hash},
          {"kernel_library_version", o.kernel_library_version},
          {"compiler", o.compiler},
          {"compiler_flags", o.compiler_flags},
          {"git_hash", o.git_hash},
          {"training", {{"space", o.space}, {"mode", o.mode}, {"seed", o.seed}, {"networks", o.networks}}},
          {"cross_validation", error_facts(o.validation)},
          {"overhead_cycles_per_layer", p.overhead_per_layer},
          {"overhead_layers", p.overhead_layers},
          {"kernels", p.kernels},
          {"forms", p.forms},
          {"layer_columns", columns()},
          {"layers", table}};
}

/// A list of lists with a line for each; all else in one line.
std::string lines_of(const json& value) {
  if (!value.is_array() || value.empty() || !value[0].is_array()) return value.dump();
  std::string text = "[";
  for (const json& row : value) text += (text == "[" ? "\n  " : ",\n  ") + row.dump();
  return text + "\n ]";
}

std::string checksum_of(const json& document) {
  json rest = document;
  rest.erase("crc32");
  const std::string text = rest.dump();
  return hex_of(crc32_of(text.data(), text.size()));
}

/// Reads keys, and collects what is wrong.
class Reader {
 public:
  Reader(const json& document, std::string file) : document_(document), file_(std::move(file)) {}

  void problem(const std::string& key, const std::string& rule, const json* value = nullptr) {
    std::string text = value == nullptr || value->is_structured() ? "" : value->dump();
    issues_.push_back({file_, 0, 0, key, std::move(text), rule});
  }
  bool good() const { return issues_.empty(); }
  void finish() const {
    if (!issues_.empty()) throw ConfigError(issues_);
  }

  /// The value at "training.space", null (and a problem) where there is none.
  const json* find(const std::string& key) {
    const json* at = &document_;
    std::size_t begin = 0;
    for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
      end = key.find('.', begin);
      const std::string part = key.substr(begin, end == std::string::npos ? end : end - begin);
      if (!at->is_object() || !at->contains(part)) return problem(key, "is missing"), nullptr;
      at = &at->at(part);
    }
    return at;
  }

  void read(const std::string& key, std::string& to) {
    const json* const value = find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return problem(key, "must be text", value);
    to = value->get<std::string>();
  }
  void read(const std::string& key, double& to, double above) {
    const json* const value = find(key);
    if (value == nullptr) return;
    if (!value->is_number() || !std::isfinite(value->get<double>())) return problem(key, "must be a number", value);
    if (value->get<double>() <= above) return problem(key, "must be above " + json(above).dump(), value);
    to = value->get<double>();
  }
  template <class Integer>
  void read_count(const std::string& key, Integer& to) {
    const json* const value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_unsigned() && !(value->is_number_integer() && value->get<std::int64_t>() >= 0))
      return problem(key, "must be a whole number >= 0", value);
    to = value->get<Integer>();
  }

 private:
  const json& document_;
  std::string file_;
  std::vector<ConfigIssue> issues_;
};

void require_our_kind(Reader& reader, const json& document) {
  if (!document.is_object() || document.value("format", json()) != kFormat) {
    reader.problem("format", std::string("must be \"") + kFormat + "\": this is a file of another kind");
    reader.finish();
  }
  const json version = document.value("schema_version", json());
  if (version != kLatencyModelSchema)
    reader.problem("schema_version",
                   "must be " + std::to_string(kLatencyModelSchema) + ", which this version reads; " + kMakeAnew,
                   &version);
  reader.finish();
  const json sum = document.value("crc32", json());
  if (sum != checksum_of(document))
    reader.problem("crc32",
                   "must be \"" + checksum_of(document) +
                       "\", that of the content: the file was changed since it was "
                       "written; " +
                       kMakeAnew,
                   &sum);
  reader.finish();
}

void read_error(Reader& reader, PredictionError& error) {
  const auto share = [&](const char* key, double& to, double above) {
    reader.read(std::string("cross_validation.") + key, to, above);
    to /= kPercent;
  };
  reader.read_count("cross_validation.networks", error.plans);
  share("mean_error_percent", error.mean, -1);
  share("median_error_percent", error.median, -1);
  share("percentile_90_error_percent", error.percentile_90, -1);
  share("worst_error_percent", error.worst, -1);
  share("bias_percent", error.bias, -kPercent);
}

LatencyModelOrigin read_origin(Reader& reader) {
  LatencyModelOrigin o;
  std::string provenance = to_text(o.provenance);
  reader.read("board.name", o.board);
  reader.read("board.core", o.core);
  reader.read("board.clock_hz", o.clock_hz, 0);
  reader.read("provenance", provenance);
  reader.read("firmware_hash", o.firmware_hash);
  reader.read("kernel_library_version", o.kernel_library_version);
  reader.read("compiler", o.compiler);
  reader.read("compiler_flags", o.compiler_flags);
  reader.read("git_hash", o.git_hash);
  reader.read("training.space", o.space);
  reader.read("training.mode", o.mode);
  reader.read_count("training.seed", o.seed);
  reader.read_count("training.networks", o.networks);
  read_error(reader, o.validation);
  if (provenance == to_text(Provenance::kModelled))
    o.provenance = Provenance::kModelled;
  else if (provenance != to_text(Provenance::kMeasured))
    reader.problem("provenance", "must be \"measured\" or \"modelled\"");
  return o;
}

bool is_coefficients(const json& value) {
  if (!value.is_array() || value.size() != LatencyModel::kCoefficients) return false;
  for (const json& one : value)
    if (!one.is_number() || !std::isfinite(one.get<double>())) return false;
  return true;
}

void read_coefficients(Reader& reader, const std::string& key, std::map<std::string, std::vector<double>>& to) {
  const json* const terms = reader.find(key);
  if (terms == nullptr) return;
  if (!terms->is_object()) return reader.problem(key, "must be an object");
  for (const auto& [name, values] : terms->items()) {
    if (is_coefficients(values))
      to[name] = values.get<std::vector<double>>();
    else
      reader.problem(key + "." + name, "must be a list of " + std::to_string(LatencyModel::kCoefficients) + " numbers");
  }
}

/// By their short names.
std::map<std::string, std::uint32_t> kernel_ids() {
  std::map<std::string, std::uint32_t> ids;
  for (std::uint32_t id = 0; id < THIMBLE_KERNEL_COUNT; ++id) ids[short_kernel_name(id)] = id;
  return ids;
}

bool is_row(const json& row) {
  if (!row.is_array() || row.size() != kRowSize || !row[0].is_string() || !row[1].is_string()) return false;
  for (std::size_t i = 2; i < row.size(); ++i)
    if (!(i + 2 == row.size() ? row[i].is_number() : row[i].is_number_integer())) return false;
  return row[kRowSize - 3] >= 0 && row[kRowSize - 2] >= 0 && row[kRowSize - 1] > 0;
}

void read_row(Reader& reader, const std::string& key, const json& row,
              const std::map<std::string, std::uint32_t>& kernels, LatencyParameters& p) {
  if (!is_row(row))
    return reader.problem(key, "must be a list of " + std::to_string(kRowSize) + " values, as layer_columns tells");
  const auto kernel = kernels.find(row[0].get<std::string>());
  if (kernel == kernels.end()) return reader.problem(key, "must be of a kernel that this version has", &row[0]);
  ProbeLayer layer;
  layer.words[0] = kernel->second;
  LayerShape shape{kernel->second};
  for (std::size_t i = 1; i < shape.size(); ++i) shape[i] = static_cast<std::uint32_t>(row[i + 1].get<std::int64_t>());
  std::copy(shape.begin() + 1, shape.end(), layer.words.end() - static_cast<std::ptrdiff_t>(shape.size() - 1));
  thimble_layer checked{};
  if (thimble_layer_from_words(&checked, layer.words.data()) != THIMBLE_OK)
    return reader.problem(key, "must be a shape that the kernel library takes");
  p.table[shape] = {row[1].get<std::string>(), row[kRowSize - 3].get<std::int64_t>(), row[kRowSize - 2].get<double>(),
                    row[kRowSize - 1].get<std::int64_t>()};
}

LatencyParameters read_parameters(Reader& reader) {
  LatencyParameters p;
  reader.read("overhead_cycles_per_layer", p.overhead_per_layer, -1e9);
  reader.read_count("overhead_layers", p.overhead_layers);
  read_coefficients(reader, "kernels", p.kernels);
  read_coefficients(reader, "forms", p.forms);
  if (reader.good() && !p.kernels.contains("any")) reader.problem("kernels.any", "is missing");
  const json* const names = reader.find("layer_columns");
  if (names != nullptr && *names != columns()) reader.problem("layer_columns", "must be " + columns().dump());
  const json* const rows = reader.find("layers");
  if (rows != nullptr && (!rows->is_array() || rows->empty())) reader.problem("layers", "must be a list of rows");
  if (!reader.good()) return p;
  const std::map<std::string, std::uint32_t> kernels = kernel_ids();
  for (std::size_t i = 0; i < rows->size(); ++i)
    read_row(reader, "layers[" + std::to_string(i) + "]", (*rows)[i], kernels, p);
  return p;
}

}  // namespace

LatencyModelOrigin origin_of(std::span<const ProbedPlan> probed, const Probe& probe) {
  THIMBLE_CHECK(!probed.empty(), "a model of nothing");
  const Measurement& m = probed.front().measurement;
  LatencyModelOrigin origin;
  origin.board = m.board;
  origin.core = probe.board().core;
  origin.clock_hz = m.clock_hz;
  origin.provenance = m.provenance;
  origin.firmware_hash = probe.firmware_hash();
  origin.kernel_library_version = m.kernel_library_version;
  origin.compiler = m.compiler;
  origin.compiler_flags = m.compiler_flags;
  origin.git_hash = m.git_hash;
  origin.networks = static_cast<std::int64_t>(probed.size());
  return origin;
}

std::string to_text(const LatencyModelFile& file) {
  json document = document_of(file);
  document["crc32"] = checksum_of(document);
  std::string text = "{";
  for (const auto& [key, value] : document.items())
    text += (text == "{" ? "\n" : ",\n") + (" " + json(key).dump()) + ": " + lines_of(value);
  return text + "\n}\n";
}

void save_latency_model(const std::filesystem::path& path, const LatencyModelFile& file) {
  write_file_atomically(path, to_text(file));
}

LatencyModelFile latency_model_from_text(const std::string& text, const std::string& name) {
  const json document = [&] {
    try {
      return json::parse(text);
    } catch (const json::exception& e) {
      throw ConfigError({{name, 0, 0, "", "", std::string("is no JSON, or not all of it: ") + e.what()}});
    }
  }();
  Reader reader(document, name);
  require_our_kind(reader, document);
  LatencyModelOrigin origin = read_origin(reader);
  LatencyParameters parameters = read_parameters(reader);
  reader.finish();
  return {std::move(origin), LatencyModel(std::move(parameters))};
}

LatencyModelFile load_latency_model(const std::filesystem::path& path) {
  std::string text;
  try {
    text = read_file(path);
  } catch (const Error&) {
    throw ConfigError({{path.string(), 0, 0, "", "", "cannot be read: no such file, or no permission"}});
  }
  return latency_model_from_text(text, path.string());
}

bool is_latency_model(const std::filesystem::path& path) {
  const json document = json::parse(read_file(path), nullptr, false);  // discarded where it is no JSON
  return document.is_object() && document.value("format", json()) == kFormat;
}

std::vector<ConfigIssue> mismatches(const LatencyModelOrigin& origin, const std::string& file, const Probe& probe,
                                    const std::string& mode) {
  const Board& board = probe.board();
  std::vector<ConfigIssue> issues;
  const auto expect = [&](const char* key, const std::string& value, const std::string& wanted,
                          const std::string& why) {
    if (value != wanted) issues.push_back({file, 0, 0, key, value, "must be " + wanted + ", " + why});
  };
  const auto hertz = [](double value) { return std::to_string(std::llround(value)); };
  expect("board.name", origin.board, board.name, "the board that predictions are wanted for");
  if (issues.empty())
    expect("board.clock_hz", hertz(origin.clock_hz), hertz(board.clock_hz()), "the clock of " + board.name);
  expect("training.mode", origin.mode, mode, "the mode that is planned for");
  if (issues.empty())
    expect("firmware_hash", origin.firmware_hash, probe.firmware_hash(),
           std::string("that of the probe: other kernels, compiler or cycle model need other times; ") + kMakeAnew);
  return issues;
}

}  // namespace thimble
