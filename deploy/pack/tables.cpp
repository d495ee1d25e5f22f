#include "deploy/pack/tables.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

#include "deploy/pack/elementwise.hpp"
#include "graph/quantized_math.hpp"

namespace thimble {
namespace {

std::int8_t clamped(std::int32_t x, const ActivationRange& range) {
  return static_cast<std::int8_t>(std::clamp(x, range.min, range.max));
}

/// TFLite's result as a function of the one input that varies.
std::function<std::int8_t(std::int8_t)> result_of(const Graph& graph, const Operator& op) {
  const Tensor& output = output_of(graph, op);
  const std::int32_t zero_out = zero_point_of(output);
  const ActivationRange range = activation_range(op.activation, output.quantization.scales.at(0), zero_out);
  if (op.type == OpType::kQuantize) {
    return [=, factor = tensor_multiplier(graph, op), zero = zero_point_of(input_of(graph, op))](std::int8_t x) {
      return clamped(wrapping_add(multiply_by_quantized_multiplier(x - zero, factor), zero_out), range);
    };
  }
  const auto operands = operands_of(graph, op);
  THIMBLE_CHECK(operands.has_value() && operands->is_lookup, op.name + ": no table");
  const auto input = [&](int i) -> const Tensor& { return graph.tensor(op.inputs.at(static_cast<std::size_t>(i))); };
  const std::int8_t constant = data_of<std::int8_t>(input(operands->second)).at(0);
  if (op.type == OpType::kAdd) {
    return [p = add_parameters(graph, op), constant, first = operands->first](std::int8_t x) {
      return first == 0 ? add_elements(x, constant, p) : add_elements(constant, x, p);
    };
  }
  const std::int32_t factor = constant - zero_point_of(input(operands->second));
  return [=, scale = tensor_multiplier(graph, op), zero = zero_point_of(input(operands->first))](std::int8_t x) {
    return clamped(wrapping_add(multiply_by_quantized_multiplier((x - zero) * factor, scale), zero_out), range);
  };
}

}  // namespace

PackResult pack_lookup(const Graph& graph, const Operator& op) {
  const auto result = result_of(graph, op);
  std::array<std::int8_t, 256> table;
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = result(static_cast<std::int8_t>(i));
  Words words(table.size() / 4);
  std::memcpy(words.data(), table.data(), table.size());
  return words;
}

std::int64_t lookup_bytes() { return 256; }

PackResult pack_softmax(const Graph& graph, const Operator& op) {
  const SoftmaxParameters parameters = softmax_parameters(input_of(graph, op).quantization.scales.at(0));
  Words words;
  for (int difference = 0; difference < 256; ++difference)
    words.push_back(static_cast<std::uint32_t>(softmax_exponential(-difference, parameters)));
  return words;
}

std::int64_t softmax_bytes() { return 1024; }

}  // namespace thimble
