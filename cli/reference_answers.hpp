#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "deploy/c_writer.hpp"
#include "graph/graph.hpp"
#include "graph/int8_interpreter.hpp"

namespace thimble {

/// The reference interpreter on a network as it was imported, asked and answered in int8: a float32 input gets the real
/// values that its quantise operator turns into the given ones; of a dequantise operator's output its input counts.
class ReferenceNetwork {
 public:
  /// @param graph  outlives the network
  /// @error ConfigError  its input is neither int8 nor quantised by one operator
  explicit ReferenceNetwork(const Graph& graph);

  std::size_t input_bytes() const;
  void run(std::span<const std::int8_t> input);
  const Int8Workspace& values() const { return workspace_; }  ///< of the last run
  void append_outputs(std::vector<std::int8_t>& outputs) const;

 private:
  const Graph& graph_;
  Int8Interpreter network_;
  Int8Workspace workspace_;
  Quantization input_{};      ///< of a float32 input
  std::vector<int> outputs_;  ///< int8 tensors
};

/// Answers of the reference to whole int8 inputs, one case after the other.
/// @error ConfigError  the inputs are not whole tensors
KnownAnswers reference_answers(const Graph& graph, std::vector<std::int8_t> inputs);

}  // namespace thimble
