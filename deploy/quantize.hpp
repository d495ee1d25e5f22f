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
};

/// Makes the int8 graph of a float graph with weights, as TFLite defines int8: symmetric weights in [-127, 127], one
/// scale per output channel (fully connected: one in all, TFLite's rule); asymmetric activations whose range holds
/// zero; int32 biases of scale input * weights; pools and reshapes keep their input's scale; softmax has 1/256 and zero
/// point -128.
/// @param graph   float32, every constant filled in
/// @param inputs  calibration inputs, each as many values as the graph's input has elements; at least one
/// @return a graph of the same tensors, operators and names
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
std::vector<LayerSqnr> layer_sqnr(const Graph& float_graph, const Graph& int8_graph,
                                  std::span<const std::vector<float>> inputs);

}  // namespace thimble
