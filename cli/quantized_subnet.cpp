#include "cli/quantized_subnet.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "supernet/data/resize.hpp"

namespace thimble {

std::vector<std::vector<float>> network_inputs(const ImageSet& images, int count, int resolution) {
  std::vector<std::vector<float>> inputs(static_cast<std::size_t>(std::min(count, images.count())));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (const std::int8_t q : quantized_input(images, static_cast<int>(i), resolution))
      inputs[i].push_back(static_cast<float>(q) / 128);
  return inputs;
}

namespace {

QuantizeOptions options_of(const DeployConfig& deploy) {
  const std::map<std::string, RangeMethod> methods = {
      {"minmax", RangeMethod::kMinMax}, {"percentile", RangeMethod::kPercentile}, {"mse", RangeMethod::kMse}};
  QuantizeOptions options;
  options.calibration.method = methods.at(deploy.calibration);
  options.equalize = deploy.equalize;
  options.bias_correction = deploy.bias_correction;
  return options;
}

}  // namespace

QuantizedSubnet quantize_subnet(JobContext& context, SubnetAccuracy& accuracy, const Subnet& subnet) {
  const DeployConfig& deploy = context.job().deploy;
  const auto inputs = network_inputs(context.data().train, deploy.calibration_images, subnet.resolution);
  QuantizedNetwork network = quantize_network(accuracy.extract(subnet), inputs, options_of(deploy));
  return {std::move(network.real), std::move(network.int8)};
}

}  // namespace thimble
