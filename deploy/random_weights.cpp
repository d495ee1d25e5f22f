#include "deploy/random_weights.hpp"

#include <cmath>

#include "graph/base/rng.hpp"

namespace thimble {
namespace {

constexpr double kBiasDeviation = 0.3;

double fan_in(const Tensor& tensor) {
  const bool depthwise = tensor.shape.size() == 4 && tensor.shape[0] == 1;
  return depthwise ? tensor.shape[1] * tensor.shape[2] : static_cast<double>(tensor.elements()) / tensor.shape.at(0);
}

}  // namespace

void fill_random_weights(Graph& graph, std::uint64_t seed) {
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    Tensor& tensor = graph.tensors[i];
    if (!tensor.constant) continue;
    Rng rng({seed, i});
    const double deviation = tensor.shape.size() == 1 ? kBiasDeviation : std::sqrt(2 / fan_in(tensor));
    std::vector<float> values;
    for (std::int64_t k = 0; k < tensor.elements(); ++k) values.push_back(static_cast<float>(rng.normal() * deviation));
    tensor.data = std::move(values);
  }
}

}  // namespace thimble
