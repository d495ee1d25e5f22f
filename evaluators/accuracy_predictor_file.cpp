#include "evaluators/accuracy_predictor_file.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "evaluators/json_reader.hpp"
#include "evaluators/model_file.hpp"
#include "evaluators/subnet_encoding.hpp"
#include "graph/base/files.hpp"
#include "graph/base/hash.hpp"

using nlohmann::json;

namespace thimble {
namespace {

constexpr ModelFileKind kPredictorFile{"thimble accuracy predictor", kAccuracyPredictorSchema,
                                       "make the predictor anew with `thimble predictor`"};

/// The shortest number that reads back as the same float.
json shortest(float value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer - 1, value);
  *end.ptr = 0;
  return std::strtod(buffer, nullptr);
}

json shortest(const std::vector<float>& values) {
  json list = json::array();
  for (const float value : values) list.push_back(shortest(value));
  return list;
}

json document_of(const SearchSpace& space) {
  json stages = json::array();
  for (const Stage& stage : space.stages)
    stages.push_back({{"base_width", stage.base_width},
                      {"stride", stage.stride},
                      {"depths", stage.depths},
                      {"kernel_sizes", stage.kernel_sizes},
                      {"expansion_ratios", stage.expansion_ratios}});
  return {{"name", space.name},
          {"input_channels", space.input_channels},
          {"classes", space.classes},
          {"resolutions", space.resolutions},
          {"width_multipliers", space.width_multipliers},
          {"stem_base_width", space.stem_base_width},
          {"first_block_base_width", space.first_block_base_width},
          {"stages", stages}};
}

json document_of(const PredictorQuality& q) {
  return {{"kendall_tau", q.kendall_tau},
          {"spearman_rho", q.spearman_rho},
          {"mean_error", q.mean_error},
          {"root_mean_square_error", q.root_mean_square_error},
          {"pairs", q.pairs}};
}

json document_of(const std::vector<ModelScore>& scores) {
  json list = json::array();
  for (const ModelScore& score : scores)
    list.push_back({{"model", score.model},
                    {"cross_validated", document_of(score.cross_validated)},
                    {"held_out", document_of(score.held_out)}});
  return list;
}

json parameters_of(const Mlp& mlp) {
  json layers = json::array();
  for (const Mlp::Layer& layer : mlp.layers())
    layers.push_back({{"inputs", layer.inputs},
                      {"outputs", layer.outputs},
                      {"weights", shortest(layer.weights)},
                      {"biases", shortest(layer.biases)}});
  return {{"mean", mlp.mean()}, {"scale", mlp.scale()}, {"layers", layers}};
}

json parameters_of(const KernelRegression& regression) {
  const KernelParameters& p = regression.parameters();
  return {{"centre", p.centre}, {"weights", p.weights}, {"length", p.length},   {"linear", p.linear},
          {"ridge", p.ridge},   {"mean", p.mean},       {"factors", p.factors}, {"rows", p.rows}};
}

json parameters_of(const LinearRegression& regression) {
  const LinearParameters& p = regression.parameters();
  return {{"centre", p.centre}, {"coefficients", p.coefficients}, {"mean", p.mean}};
}

json document_of(const AccuracyPredictorFile& file) {
  const PredictorOrigin& o = file.origin;
  const AccuracyPredictor& p = file.predictor;
  return {{"format", kPredictorFile.format},
          {"schema_version", kAccuracyPredictorSchema},
          {"space", document_of(p.space())},
          {"supernet_fingerprint", o.supernet},
          {"data",
           {{"training_fingerprint", o.training_data},
            {"scoring_fingerprint", o.scoring_data},
            {"scoring_pictures", o.scoring_pictures},
            {"recalibration", o.recalibration}}},
          {"seed", o.seed},
          {"training_pairs", o.training_pairs},
          {"scores", document_of(o.scores)},
          {"noise", {{"tau_between_halves", o.noise.tau_between_halves}, {"tau_ceiling", o.noise.tau_ceiling}}},
          {"not_to_be_trusted", o.not_to_be_trusted},
          {"model", p.model_name()},
          {"columns", encoding_columns(p.space())},
          {"seen", p.seen()},
          {"parameters", std::visit([](const auto& model) { return parameters_of(model); }, p.model())}};
}

SearchSpace read_space_of(JsonReader& reader) {
  SearchSpace space;
  reader.read("space.name", space.name);
  reader.read("space.input_channels", space.input_channels);
  reader.read("space.classes", space.classes);
  reader.read("space.resolutions", space.resolutions);
  reader.read("space.width_multipliers", space.width_multipliers);
  reader.read("space.stem_base_width", space.stem_base_width);
  reader.read("space.first_block_base_width", space.first_block_base_width);
  const json* const stages = reader.find("space.stages");
  for (std::size_t s = 0; stages != nullptr && s < stages->size(); ++s) {
    const std::string key = "space.stages." + std::to_string(s);
    Stage& stage = space.stages.emplace_back();
    reader.read(key + ".base_width", stage.base_width);
    reader.read(key + ".stride", stage.stride);
    reader.read(key + ".depths", stage.depths);
    reader.read(key + ".kernel_sizes", stage.kernel_sizes);
    reader.read(key + ".expansion_ratios", stage.expansion_ratios);
    if (stage.depths.empty()) reader.problem(key + ".depths", "must name a depth");
  }
  return space;
}

PredictorQuality read_quality(JsonReader& reader, const std::string& key) {
  PredictorQuality q;
  reader.read(key + ".kendall_tau", q.kendall_tau);
  reader.read(key + ".spearman_rho", q.spearman_rho);
  reader.read(key + ".mean_error", q.mean_error);
  reader.read(key + ".root_mean_square_error", q.root_mean_square_error);
  reader.read(key + ".pairs", q.pairs);
  return q;
}

PredictorOrigin read_origin(JsonReader& reader) {
  PredictorOrigin o;
  reader.read("supernet_fingerprint", o.supernet);
  reader.read("data.training_fingerprint", o.training_data);
  reader.read("data.scoring_fingerprint", o.scoring_data);
  reader.read("data.scoring_pictures", o.scoring_pictures);
  reader.read("data.recalibration", o.recalibration);
  reader.read("seed", o.seed);
  reader.read("training_pairs", o.training_pairs);
  reader.read("noise.tau_between_halves", o.noise.tau_between_halves);
  reader.read("noise.tau_ceiling", o.noise.tau_ceiling);
  reader.read("not_to_be_trusted", o.not_to_be_trusted);
  const json* const scores = reader.find("scores");
  for (std::size_t i = 0; scores != nullptr && i < scores->size(); ++i) {
    const std::string key = "scores." + std::to_string(i);
    ModelScore& score = o.scores.emplace_back();
    reader.read(key + ".model", score.model);
    score.cross_validated = read_quality(reader, key + ".cross_validated");
    score.held_out = read_quality(reader, key + ".held_out");
  }
  return o;
}

Mlp read_mlp(JsonReader& reader, std::size_t columns) {
  double mean = 0, scale = 1;
  std::vector<Mlp::Layer> layers;
  reader.read("parameters.mean", mean);
  reader.read("parameters.scale", scale);
  const json* const list = reader.find("parameters.layers");
  std::size_t inputs = columns;
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const std::string key = "parameters.layers." + std::to_string(i);
    Mlp::Layer& layer = layers.emplace_back();
    reader.read(key + ".inputs", layer.inputs);
    reader.read(key + ".outputs", layer.outputs);
    reader.read(key + ".weights", layer.weights);
    reader.read(key + ".biases", layer.biases);
    const auto outputs = static_cast<std::size_t>(layer.outputs);
    if (static_cast<std::size_t>(layer.inputs) != inputs || layer.weights.size() != inputs * outputs ||
        layer.biases.size() != outputs)
      reader.problem(key, "must take " + std::to_string(inputs) + " values, with a weight for each and output");
    inputs = outputs;
  }
  if (layers.empty() || inputs != 1) reader.problem("parameters.layers", "must end with one output");
  reader.finish();
  return {std::move(layers), mean, scale};
}

KernelRegression read_kernel(JsonReader& reader, std::size_t columns) {
  KernelParameters p;
  reader.read("parameters.centre", p.centre);
  reader.read("parameters.weights", p.weights);
  reader.read("parameters.length", p.length);
  reader.read("parameters.linear", p.linear);
  reader.read("parameters.ridge", p.ridge);
  reader.read("parameters.mean", p.mean);
  reader.read("parameters.factors", p.factors);
  reader.read("parameters.rows", p.rows);
  const auto wrong = [&](const std::vector<double>& row) { return row.size() != columns; };
  if (wrong(p.centre) || wrong(p.weights) || std::any_of(p.rows.begin(), p.rows.end(), wrong))
    reader.problem("parameters", "must have " + std::to_string(columns) + " values per row");
  if (p.factors.size() != p.rows.size()) reader.problem("parameters.factors", "must be one per row");
  if (!(p.length > 0)) reader.problem("parameters.length", "must be > 0");
  reader.finish();
  return KernelRegression(std::move(p));
}

LinearRegression read_linear(JsonReader& reader, std::size_t columns) {
  LinearParameters p;
  reader.read("parameters.centre", p.centre);
  reader.read("parameters.coefficients", p.coefficients);
  reader.read("parameters.mean", p.mean);
  if (p.centre.size() != columns || p.coefficients.size() != columns)
    reader.problem("parameters", "must have " + std::to_string(columns) + " values per row");
  reader.finish();
  return LinearRegression(std::move(p));
}

AccuracyPredictor read_predictor(JsonReader& reader) {
  SearchSpace space = read_space_of(reader);
  std::string model;
  std::vector<std::string> columns;
  std::vector<bool> seen;
  reader.read("model", model);
  reader.read("columns", columns);
  if (const json* const list = reader.find("seen"); list != nullptr)
    for (const json& one : *list) seen.push_back(one.is_boolean() && one.get<bool>());
  reader.finish();
  if (columns != encoding_columns(space))
    reader.problem("columns",
                   std::string("must be those of this version's encoding of the space; ") + kPredictorFile.make_anew);
  if (seen.size() != columns.size()) reader.problem("seen", "must be one per column");
  reader.finish();
  const std::size_t with_costs = encode_with_costs(space, largest(space)).size();
  if (model == "mlp") {
    Mlp mlp = read_mlp(reader, columns.size());
    return {std::move(space), std::move(mlp), std::move(seen)};
  }
  if (model == "kernel_ridge") {
    KernelRegression regression = read_kernel(reader, with_costs);
    return {std::move(space), std::move(regression), std::move(seen)};
  }
  if (model != "ridge") reader.problem("model", "must be mlp, kernel_ridge or ridge");
  reader.finish();
  LinearRegression regression = read_linear(reader, with_costs);
  return {std::move(space), std::move(regression), std::move(seen)};
}

}  // namespace

const ModelScore& AccuracyPredictorFile::score() const {
  return *std::find_if(origin.scores.begin(), origin.scores.end(),
                       [&](const ModelScore& score) { return score.model == predictor.model_name(); });
}

std::string to_text(const AccuracyPredictorFile& file) { return signed_text(document_of(file)); }

void save_accuracy_predictor(const std::filesystem::path& path, const AccuracyPredictorFile& file) {
  write_file_atomically(path, to_text(file));
}

AccuracyPredictorFile accuracy_predictor_from_text(const std::string& text, const std::string& name) {
  const json document = parse_model_file(text, name, kPredictorFile);
  JsonReader reader(document, name);
  PredictorOrigin origin = read_origin(reader);
  AccuracyPredictorFile file{std::move(origin), read_predictor(reader)};
  const auto is_ours = [&](const ModelScore& score) { return score.model == file.predictor.model_name(); };
  if (std::none_of(file.origin.scores.begin(), file.origin.scores.end(), is_ours))
    reader.problem("scores", "must have the model's own");
  reader.finish();
  return file;
}

AccuracyPredictorFile load_accuracy_predictor(const std::filesystem::path& path) {
  return accuracy_predictor_from_text(read_model_file(path), path.string());
}

bool is_accuracy_predictor(const std::filesystem::path& path) { return is_model_file(path, kPredictorFile); }

std::string fingerprint(const SearchSpace& space) { return to_hex(fnv1a64(document_of(space).dump())); }

std::vector<ConfigIssue> mismatches(const AccuracyPredictorFile& file, const std::string& name,
                                    const SearchSpace& space, const PredictorOrigin& wanted) {
  std::vector<ConfigIssue> issues;
  const auto expect = [&](const char* key, const std::string& value, const std::string& right, const char* why) {
    if (value != right)
      issues.push_back({name, 0, 0, key, value, "must be " + right + ", " + why + "; " + kPredictorFile.make_anew});
  };
  const PredictorOrigin& o = file.origin;
  expect("space", fingerprint(file.predictor.space()), fingerprint(space), "the key of the space that is searched");
  expect("supernet_fingerprint", o.supernet, wanted.supernet, "that of the supernet that is searched");
  expect("data.training_fingerprint", o.training_data, wanted.training_data, "that of the training pictures");
  expect("data.scoring_fingerprint", o.scoring_data, wanted.scoring_data,
         "that of the pictures candidates are scored on");
  expect("data.recalibration", o.recalibration, wanted.recalibration, "as the search recalibrates batch norms");
  return issues;
}

}  // namespace thimble
