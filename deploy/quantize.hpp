#pragma once
#include <span>
#include <string>
#include <vector>

#include "deploy/calibration.hpp"
#include "graph/graph.hpp"

namespace thimble {

struct QuantizeOptions {
  float input_scale = 1.0f / 128;  ///< of the graph's input; with zero point 0 a pixel p in 0..255 is the int8 p - 128
  int input_zero_point = 0;
  CalibrationOptions calibration{};
  /// quantize_equalize.hpp and quantize_bias.hpp: on the networks of calibration.hpp 32.5 dB without either, 32.7 dB
  /// with both; the worst of them 29.0 and 29.9.
  bool equalize = true;
  bool bias_correction = true;
};

/// A network before and after quantisation, tensor for tensor.
struct QuantizedNetwork {
  Graph real;  ///< the float graph that was quantised: equalised, where that is on, with the same outputs to rounding
  Graph int8;
};

/// Makes the int8 graph of a float graph with weights, as TFLite defines int8: symmetric weights in [-127, 127], one
/// scale per output channel (fully connected: one in all, TFLite's rule); asymmetric activations whose range holds
/// zero; int32 biases of scale input * weights; pools and reshapes keep their input's scale; softmax has 1/256 and zero
/// point -128.
/// @param graph   float32, every constant filled in
/// @param inputs  calibration inputs, each as many values as the graph's input has elements; at least one
/// @return graphs of the same tensors, operators and names
/// @error Error  a weight, bias or activation is not finite: names the tensor; a concat of different scales
QuantizedNetwork quantize_network(const Graph& graph, std::span<const std::vector<float>> inputs,
                                  const QuantizeOptions& options = {});
/// Its int8 graph.
Graph quantize(const Graph& graph, std::span<const std::vector<float>> inputs, const QuantizeOptions& options = {});

/// Real inputs as the int8 graph takes them.
std::vector<std::int8_t> quantize_input(const Graph& int8_graph, std::span<const float> input);

/// Signal to quantisation noise of one operator's output.
struct LayerSqnr {
  std::string name;
  double decibel =
      0;  ///< 10 log10(sum of float^2 / sum of (float - int8)^2) over all inputs; 200 where there is no noise
};

/// How far the int8 graph is from the float one after each operator, over some inputs.
/// @param float_graph  QuantizedNetwork::real
std::vector<LayerSqnr> layer_sqnr(const Graph& float_graph, const Graph& int8_graph,
                                  std::span<const std::vector<float>> inputs);

/// The loss of the whole network: of its last layer before a softmax, whose small values would hide it.
double output_decibel(const Graph& int8_graph, const std::vector<LayerSqnr>& layers);

}  // namespace thimble
