#include "deploy/simplify/dead_channels.hpp"

#include <algorithm>
#include <limits>

#include "deploy/simplify/channel_ranges.hpp"
#include "deploy/simplify/removed_products.hpp"

namespace thimble {
namespace {

/// Room in the biases of one layer for the products of channels that go.
class Biases {
 public:
  Biases(const Graph& graph, const Operator& op) {
    for (std::int32_t bias : std::get<std::vector<std::int32_t>>(graph.tensor(op.inputs[2]).data))
      largest_.push_back(std::abs(std::int64_t{bias}));
  }

  bool hold(const std::vector<std::int64_t>& products) const {
    for (std::size_t o = 0; o < largest_.size(); ++o)
      if (largest_[o] + std::abs(products[o]) > std::numeric_limits<std::int32_t>::max()) return false;
    return true;
  }
  void take(const std::vector<std::int64_t>& products) {
    for (std::size_t o = 0; o < largest_.size(); ++o) largest_[o] += std::abs(products[o]);
  }

 private:
  std::vector<std::int64_t> largest_;  ///< sums of magnitudes, so that no order of additions overflows
};

struct Reader {
  const Operator* op;
  Biases biases;
};

class Search {
 public:
  Search(const Graph& graph, int multiple) : graph_(graph), ranges_(channel_ranges(graph)), multiple_(multiple) {}

  std::vector<bool> live(const ChannelGroup& group) {
    std::vector<bool> mask(static_cast<std::size_t>(group.channels), true);
    if (group.fixed) return mask;
    std::vector<Reader> readers = readers_of_group(group);
    std::vector<std::size_t> dead;
    for (std::size_t channel = 0; channel < mask.size(); ++channel)
      if (all_do_without(readers, group, channel)) dead.push_back(channel);
    for (std::size_t i = kept_of(dead.size(), mask.size()); i < dead.size(); ++i) mask[dead[i]] = false;
    return mask;
  }

 private:
  std::vector<Reader> readers_of_group(const ChannelGroup& group) const {
    std::vector<Reader> readers;
    for (const Operator& op : graph_.operators)
      if (mixes_channels(op.type) && std::binary_search(group.tensors.begin(), group.tensors.end(), op.inputs[0]))
        readers.push_back({&op, Biases(graph_, op)});
    return readers;
  }

  bool all_do_without(std::vector<Reader>& readers, const ChannelGroup& group, std::size_t channel) const {
    std::vector<std::vector<std::int64_t>> products;
    for (const Reader& reader : readers) {
      const TensorRanges& ranges = ranges_[static_cast<std::size_t>(reader.op->inputs[0])];
      const auto of_reader = constant_products(graph_, *reader.op, ranges, group.channels, channel);
      if (!of_reader || !reader.biases.hold(*of_reader)) return false;
      products.push_back(*of_reader);
    }
    for (std::size_t i = 0; i < readers.size(); ++i) readers[i].biases.take(products[i]);
    return true;
  }

  /// How many of the dead channels stay. At least two channels do: one weight scale alone would be taken as the scale
  /// of the whole tensor, which TFLite's fully connected layer rounds differently.
  std::size_t kept_of(std::size_t dead, std::size_t all) const {
    const auto block = static_cast<std::size_t>(multiple_);
    const std::size_t needed = std::max<std::size_t>(all - dead, 2);
    const std::size_t target = std::min(all, (needed + block - 1) / block * block);
    return target - std::min(target, all - dead);
  }

  const Graph& graph_;
  std::vector<TensorRanges> ranges_;
  int multiple_;
};

}  // namespace

ChannelMasks live_channels(const Graph& graph, const ChannelGroups& groups, int multiple) {
  Search search(graph, multiple);
  ChannelMasks masks;
  for (const ChannelGroup& group : groups.groups) masks.push_back(search.live(group));
  return masks;
}

}  // namespace thimble
