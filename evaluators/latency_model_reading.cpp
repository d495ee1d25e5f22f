#include <nlohmann/json.hpp>

#include "evaluators/json_reader.hpp"
#include "evaluators/latency_model_document.hpp"
#include "evaluators/latency_model_file.hpp"
#include "profiler/provenance.hpp"

using nlohmann::json;

namespace thimble {
namespace {

void read_error(JsonReader& reader, PredictionError& error) {
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

LatencyModelOrigin read_origin(JsonReader& reader) {
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

void read_coefficients(JsonReader& reader, const std::string& key, std::map<std::string, std::vector<double>>& to) {
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

LatencyParameters read_parameters(JsonReader& reader) {
  LatencyParameters p;
  reader.read("overhead_cycles_per_layer", p.overhead_per_layer, -1e9);
  reader.read_count("overhead_layers", p.overhead_layers);
  read_coefficients(reader, "kernels", p.kernels);
  read_coefficients(reader, "forms", p.forms);
  if (reader.good() && !p.kernels.contains("any")) reader.problem("kernels.any", "is missing");
  const json* const names = reader.find("layer_columns");
  if (names != nullptr && *names != layer_columns())
    reader.problem("layer_columns", "must be " + layer_columns().dump());
  const json* const rows = reader.find("layers");
  if (rows != nullptr && (!rows->is_array() || rows->empty())) reader.problem("layers", "must be a list of rows");
  if (!reader.good()) return p;
  for (std::size_t i = 0; i < rows->size(); ++i)
    if (const std::string rule = read_layer_row((*rows)[i], p); !rule.empty())
      reader.problem("layers[" + std::to_string(i) + "]", rule);
  return p;
}

}  // namespace

LatencyModelFile latency_model_from_text(const std::string& text, const std::string& name) {
  const json document = parse_model_file(text, name, kLatencyModelFile);
  JsonReader reader(document, name);
  LatencyModelOrigin origin = read_origin(reader);
  LatencyParameters parameters = read_parameters(reader);
  reader.finish();
  return {std::move(origin), LatencyModel(std::move(parameters))};
}

LatencyModelFile load_latency_model(const std::filesystem::path& path) {
  return latency_model_from_text(read_model_file(path), path.string());
}

}  // namespace thimble
