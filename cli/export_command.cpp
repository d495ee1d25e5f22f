#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/model.hpp"
#include "cli/output_place.hpp"
#include "cli/print_json.hpp"
#include "graph/base/error.hpp"
#include "graph/base/files.hpp"
#include "graph/onnx_export.hpp"
#include "graph/tflite_export.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

/// The model's name without folders and ending: MODEL names a file, or a run and a subnet.
std::string stem_of(const Model& model) {
  const fs::path name(model.name);
  const bool is_file = name.extension() == ".tflite" || name.extension() == ".json";
  return (is_file ? name.stem() : name.filename()).string();
}

/// Where the file goes: --out, or the model's name in the folder that --out names, or here.
fs::path place_of(const ModelOptions& options, const Model& model) {
  const fs::path folder = options.out.empty() ? fs::path(".") : fs::path(options.out);
  const fs::path place = fs::is_directory(folder) || !folder.has_filename()
                             ? (folder / (stem_of(model) + "." + options.format)).lexically_normal()
                             : folder;
  if (fs::exists(place) && !options.force)
    throw ConfigError({{"", 0, 0, "--out", place.string(), "exists; nothing is written over: --force replaces it"}});
  require_place(place);
  return place;
}

std::string bytes_of(const Graph& graph, const std::string& format, const std::string& name) {
  if (format == "onnx") return export_onnx(graph);
  const auto exported = export_tflite(graph);
  if (exported) return {exported->begin(), exported->end()};
  std::string problems;
  for (const auto& item : exported.error().items) problems += "\n  " + to_text(item);
  throw DoesNotFitError(name + " cannot be written as .tflite:" + problems);
}

}  // namespace

int export_command(const ModelOptions& options) {
  if (options.format == "c" && options.out.empty()) {
    throw ConfigError({{"", 0, 0, "--out", "", "must name the folder of the C project"}});
  }
  if (options.format == "c") return deploy_command(options);
  const Model model = load_model(options.model);
  model.require_imported();
  const fs::path place = place_of(options, model);
  Graph graph = model.graph;
  if (graph.name.empty()) graph.name = model.name;
  const std::string bytes = bytes_of(graph, options.format, model.name);
  make_folders_to(place);
  write_file_atomically(place, bytes);
  if (options.json) {
    return print_json(
        {{"model", model.name}, {"format", options.format}, {"out", place.string()}, {"bytes", bytes.size()}});
  }
  std::printf("%s: %s, %zu B\n", model.name.c_str(), place.c_str(), bytes.size());
  return 0;
}

}  // namespace thimble
