#include <cmath>

#include "deploy/quantize.hpp"
#include "graph/float_interpreter.hpp"
#include "graph/int8_interpreter.hpp"
#include "graph/quantized_math.hpp"

namespace thimble {
namespace {

constexpr double kNoNoise = 200;

struct Power {
  double signal = 0, noise = 0;

  void add(const std::vector<float>& real, const std::vector<std::int8_t>& quantised,
           const Quantization& quantization) {
    for (std::size_t i = 0; i < real.size(); ++i) {
      const double value = double{quantization.scales[0]} * (quantised[i] - quantization.zero_points[0]);
      signal += double{real[i]} * real[i];
      noise += (real[i] - value) * (real[i] - value);
    }
  }
  double decibel() const { return noise > 0 && signal > 0 ? 10 * std::log10(signal / noise) : kNoNoise; }
};

}  // namespace

std::vector<std::int8_t> quantize_input(const Graph& int8_graph, std::span<const float> input) {
  const Quantization& quantization = int8_graph.tensor(int8_graph.inputs.at(0)).quantization;
  std::vector<std::int8_t> values;
  values.reserve(input.size());
  for (float value : input)
    values.push_back(quantize_value(value, quantization.scales.at(0), quantization.zero_points.at(0)));
  return values;
}

std::vector<LayerSqnr> layer_sqnr(const Graph& float_graph, const Graph& int8_graph,
                                  std::span<const std::vector<float>> inputs) {
  const FloatInterpreter real(float_graph);
  const Int8Interpreter quantised(int8_graph);
  FloatWorkspace real_values = real.workspace();
  Int8Workspace int8_values = quantised.workspace();
  std::vector<Power> powers(float_graph.operators.size());
  for (const std::vector<float>& input : inputs) {
    real.run(input, real_values);
    quantised.run(quantize_input(int8_graph, input), int8_values);
    for (std::size_t i = 0; i < powers.size(); ++i) {
      const auto output = static_cast<std::size_t>(float_graph.operators[i].outputs.at(0));
      powers[i].add(real_values.values[output], int8_values.values[output], int8_graph.tensors[output].quantization);
    }
  }
  std::vector<LayerSqnr> result;
  for (std::size_t i = 0; i < powers.size(); ++i)
    result.push_back({float_graph.operators[i].name, powers[i].decibel()});
  return result;
}

double output_decibel(const Graph& int8_graph, const std::vector<LayerSqnr>& layers) {
  for (std::size_t i = layers.size(); i-- > 0;)
    if (int8_graph.operators.at(i).type != OpType::kSoftmax) return layers[i].decibel;
  return kNoNoise;
}

}  // namespace thimble
