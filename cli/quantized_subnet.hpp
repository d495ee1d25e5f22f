#pragma once
#include <vector>

#include "cli/job_context.hpp"
#include "deploy/quantize.hpp"
#include "supernet/accuracy.hpp"

namespace thimble {

/// A subnet with its weights, before (equalised) and after quantisation.
struct QuantizedSubnet {
  Graph float_graph, int8_graph;
};

/// Cuts the subnet out of the weights that `accuracy` holds and quantises it: ranges from the first
/// deploy.calibration_images training pictures.
/// @error Error  a weight or an activation is not finite
QuantizedSubnet quantize_subnet(JobContext& context, SubnetAccuracy& accuracy, const Subnet& subnet);

/// The first `count` pictures as a network sees them at `resolution`: (pixel - 128) / 128.
std::vector<std::vector<float>> network_inputs(const ImageSet& images, int count, int resolution);

}  // namespace thimble
