#include "deploy/simplify/removed_products.hpp"

namespace thimble {
namespace {

bool has_padding(const Operator& op) {
  return op.padding.top > 0 || op.padding.bottom > 0 || op.padding.left > 0 || op.padding.right > 0;
}

}  // namespace

std::optional<std::vector<std::int64_t>> constant_products(const Graph& graph, const Operator& op,
                                                           const TensorRanges& ranges, int channels,
                                                           std::size_t channel) {
  const Tensor &x = graph.tensor(op.inputs[0]), &filters = graph.tensor(op.inputs[1]);
  const auto& weights = std::get<std::vector<std::int8_t>>(filters.data);
  const bool flat = op.type == OpType::kFullyConnected;
  const TensorRanges along = flat ? ranges : along_last_dimension(ranges, x.shape);
  const int zero = x.quantization.zero_points.at(0);
  const auto outputs = static_cast<std::size_t>(filters.shape[0]);
  const std::size_t depth = weights.size() / outputs;
  std::vector<std::int64_t> products(outputs, 0);
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t k = channel; k < depth; k += static_cast<std::size_t>(channels)) {
      const int weight = weights[o * depth + k];
      const ChannelRange& range = along[k % along.size()];
      if (weight == 0 || (range.is_constant() && range.low == zero)) continue;
      if (!range.is_constant() || has_padding(op)) return std::nullopt;
      products[o] += weight * (range.low - zero);
    }
  }
  return products;
}

}  // namespace thimble
