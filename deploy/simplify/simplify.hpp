#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

struct SimplifyOptions {
  /// Dead channels stay until counts are multiples of this: kernels work in blocks of 4 channels. 1: all go.
  int channel_multiple = 4;
};

/// Channels of one operator with weights.
struct LayerChannels {
  std::string name;
  int channels_before = 0, channels_after = 0;
};

/// What simplify() did.
struct SimplifyReport {
  int float_edges = 0;         ///< quantise and dequantise operators at the ends that went
  int folded_pads = 0;         ///< pad operators that went into the operators behind them
  int identities = 0;          ///< operators that changed nothing, or only a shape
  int sunk_transposes = 0;     ///< transposes and reshapes that a mean passed
  int constant_operators = 0;  ///< operators that were computed
  int cropped_windows = 0;     ///< operators whose windows lost rows or columns that only meet padding
  int unused_operators = 0;    ///< operators that no output depends on
  int filters = 0;             ///< output channels of all layers with weights, before
  int zero_filters = 0;        ///< of those: with weights that are all zero
  int removed_filters = 0;
  int odd_layers = 0;      ///< layers with weights whose channels are no multiple of 4, after
  bool reordered = false;  ///< operators changed places, for a lower peak
  std::int64_t macs_before = 0, macs_after = 0, params_before = 0, params_after = 0;
  std::vector<LayerChannels> layers;  ///< those that lost channels

  bool changed() const;
};

/// One fact per line, only what was done; empty where nothing was.
std::string to_text(const SimplifyReport& report);

struct Simplified {
  Graph graph;
  SimplifyReport report;
};

/// The same network with less work: for every input the same output bits.
///
/// Float edges go; paddings move into the operators behind them; dead channels, constant, identical and unused
/// operators go, until nothing changes any more; windows lose what only meets padding; operators run in the order of
/// the lowest peak. Tensors are renumbered, layers keep their names. A plan of less work may still need a few more
/// bytes of arena: with other channel counts or smaller windows, layers take other scratch and overlap their input less
/// far. make_plan() of both tells.
/// @param graph  int8 with weights; a graph without quantisation, of more than 4096 operators, or in which nothing but
///               changes of shape would be left, comes back as it is
Simplified simplify(const Graph& graph, const SimplifyOptions& options = {});

}  // namespace thimble
