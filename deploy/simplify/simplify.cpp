#include "deploy/simplify/simplify.hpp"

#include <algorithm>
#include <map>

#include "deploy/operator_order.hpp"
#include "deploy/simplify/constant_operators.hpp"
#include "deploy/simplify/crop_windows.hpp"
#include "deploy/simplify/float_edges.hpp"
#include "deploy/simplify/fold_padding.hpp"
#include "deploy/simplify/graph_edit.hpp"
#include "deploy/simplify/identities.hpp"
#include "deploy/simplify/remove_channels.hpp"
#include "deploy/simplify/sink_transposes.hpp"
#include "deploy/simplify/unused.hpp"
#include "graph/base/check.hpp"
#include "graph/validate_int8.hpp"

namespace thimble {
namespace {

/// Passes look at operators by pairs: beyond this a file is no network that fits a microcontroller.
constexpr std::size_t kMostOperators = 4096;

bool is_depthwise(const Operator& op) { return op.type == OpType::kDepthwiseConv2D; }

int channels_of(const Graph& graph, const Operator& op) { return graph.tensor(op.inputs.at(2)).shape.at(0); }

int zero_filters(const Graph& graph, const Operator& op) {
  const auto& weights = std::get<std::vector<std::int8_t>>(graph.tensor(op.inputs.at(1)).data);
  const auto channels = static_cast<std::size_t>(channels_of(graph, op));
  std::vector<bool> zero(channels, true);
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (weights[i] != 0) zero[is_depthwise(op) ? i % channels : i / (weights.size() / channels)] = false;
  return static_cast<int>(std::count(zero.begin(), zero.end(), true));
}

void count_before(const Graph& graph, SimplifyReport& report) {
  report.macs_before = macs(graph);
  report.params_before = params(graph);
  for (const Operator& op : graph.operators) {
    if (!has_filters(op.type)) continue;
    report.filters += channels_of(graph, op);
    report.zero_filters += zero_filters(graph, op);
  }
}

/// @pre tensors keep the numbers that they have in the original: layers are known by what they write, names may repeat
void count_layers(const Graph& original, const Graph& graph, SimplifyReport& report) {
  std::map<int, int> before;
  for (const Operator& op : original.operators)
    if (has_filters(op.type)) before[op.outputs.at(0)] = channels_of(original, op);
  for (const Operator& op : graph.operators) {
    if (!has_filters(op.type)) continue;
    const int channels = channels_of(graph, op), channels_before = before.at(op.outputs.at(0));
    report.odd_layers += channels % 4 != 0 ? 1 : 0;
    report.removed_filters += channels_before - channels;
    if (channels != channels_before) report.layers.push_back({op.name, channels_before, channels});
  }
}

/// Adds what a pass did to its count. @return whether it did something
bool counted(int& count, int changes) {
  count += changes;
  return changes > 0;
}

bool remove_dead_channels(Graph& graph, const SimplifyOptions& options) {
  const ChannelGroups groups = channel_groups(graph);
  return remove_channels(graph, groups, live_channels(graph, groups, options.channel_multiple)) > 0;
}

bool pass_once(Graph& graph, const SimplifyOptions& options, SimplifyReport& report) {
  bool changed = counted(report.identities, remove_identities(graph));
  changed |= counted(report.sunk_transposes, sink_transposes(graph));
  changed |= counted(report.constant_operators, fold_constants(graph));
  changed |= counted(report.folded_pads, fold_padding(graph));
  changed |= remove_dead_channels(graph, options);
  changed |= remove_unused_operators(graph) > 0;  // left behind by the other passes
  return changed;
}

/// Whether something is left beside changes of shape.
bool computes(const Graph& graph) {
  return std::any_of(graph.operators.begin(), graph.operators.end(),
                     [](const Operator& op) { return op.type != OpType::kReshape; });
}

bool is_int8(const Graph& graph) { return validate(graph).empty() && validate_int8(graph).empty(); }

void add_line(std::string& text, int count, const char* what) {
  if (count > 0) text += std::to_string(count) + " " + what + "\n";
}

}  // namespace

bool SimplifyReport::changed() const {
  return float_edges + folded_pads + identities + sunk_transposes + constant_operators + unused_operators +
                 cropped_windows + removed_filters >
             0 ||
         reordered;
}

std::string to_text(const SimplifyReport& report) {
  std::string text;
  add_line(text, report.float_edges, "float edges dropped");
  add_line(text, report.folded_pads, "pads folded");
  add_line(text, report.sunk_transposes, "transposes and reshapes moved behind means");
  add_line(text, report.constant_operators, "constant operators computed");
  add_line(text, report.cropped_windows, "windows cropped to what can meet the picture");
  add_line(text, report.unused_operators, "unused operators removed");
  if (report.removed_filters > 0)
    text += std::to_string(report.removed_filters) + " of " + std::to_string(report.filters) + " filters removed (" +
            std::to_string(report.zero_filters) + " were all zero), MACs " + std::to_string(report.macs_before) +
            " -> " + std::to_string(report.macs_after) + ", params " + std::to_string(report.params_before) + " -> " +
            std::to_string(report.params_after) + "\n";
  if (report.reordered) text += "operators reordered for a lower peak\n";
  return text;
}

Simplified simplify(const Graph& original, const SimplifyOptions& options) {
  THIMBLE_CHECK(options.channel_multiple >= 1, "channels come in multiples of 1 or more");
  Simplified result{original, {}};
  if (original.operators.size() > kMostOperators || !is_int8(original)) return result;
  Graph& graph = result.graph;
  SimplifyReport& report = result.report;
  count_before(graph, report);
  report.float_edges = drop_float_edges(graph);
  report.unused_operators = remove_unused_operators(graph);
  while (pass_once(graph, options, report)) continue;
  report.cropped_windows = crop_windows(graph);
  report.reordered = reorder_operators(graph);
  count_layers(original, graph, report);
  remove_unused_tensors(graph);
  report.macs_after = macs(graph);
  report.params_after = params(graph);
  if (!computes(graph)) return {original, {}};
  THIMBLE_CHECK(is_int8(graph), "a simplified graph is sound");
  return result;
}

}  // namespace thimble
