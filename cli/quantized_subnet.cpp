#include "cli/quantized_subnet.hpp"

#include <algorithm>

#include "supernet/data/resize.hpp"

namespace thimble {

std::vector<std::vector<float>> network_inputs(const ImageSet& images, int count, int resolution) {
  std::vector<std::vector<float>> inputs(static_cast<std::size_t>(std::min(count, images.count())));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (const std::int8_t q : quantized_input(images, static_cast<int>(i), resolution))
      inputs[i].push_back(static_cast<float>(q) / 128);
  return inputs;
}

QuantizedSubnet quantize_subnet(JobContext& context, SubnetAccuracy& accuracy, const Subnet& subnet) {
  QuantizedSubnet result;
  result.float_graph = accuracy.extract(subnet);
  const auto inputs = network_inputs(context.data().train, context.job().deploy.calibration_images, subnet.resolution);
  result.int8_graph = quantize(result.float_graph, inputs);
  return result;
}

}  // namespace thimble
