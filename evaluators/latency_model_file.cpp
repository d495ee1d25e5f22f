#include "evaluators/latency_model_file.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "evaluators/latency_model_document.hpp"
#include "graph/base/files.hpp"
#include "profiler/provenance.hpp"

using nlohmann::json;

namespace thimble {
namespace {

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
  for (const auto& [shape, timed] : p.table) table.push_back(layer_row(shape, timed));
  return {{"format", kLatencyModelFile.format},
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
          {"layer_columns", layer_columns()},
          {"layers", table}};
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

std::string to_text(const LatencyModelFile& file) { return signed_text(document_of(file)); }

void save_latency_model(const std::filesystem::path& path, const LatencyModelFile& file) {
  write_file_atomically(path, to_text(file));
}

bool is_latency_model(const std::filesystem::path& path) { return is_model_file(path, kLatencyModelFile); }

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
           std::string("that of the probe: other kernels, compiler or cycle model need other times; ") +
               kLatencyModelFile.make_anew);
  return issues;
}

}  // namespace thimble
