#pragma once
#include <functional>
#include <span>
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

/// The values of one run, all kept. One workspace per thread.
struct Int8Workspace {
  std::vector<std::vector<std::int8_t>> values;  ///< [tensor], int8 activations
  std::vector<std::vector<float>> floats;        ///< [tensor], before QUANTIZE and after DEQUANTIZE
  std::vector<std::int16_t> columns;             ///< scratch
  std::vector<std::int32_t> sums;                ///< scratch
};

/// The reference of everything int8 in Thimble: TFLite's arithmetic, bit for bit (quantized_math.hpp).
///
///   const Int8Interpreter network(graph);
///   Int8Workspace workspace = network.workspace();
///   network.run(input, workspace);
///   use(workspace.values[graph.outputs[0]]);
///
/// Weights are laid out once, here; a run allocates nothing. Not kept: a reference to the graph.
class Int8Interpreter {
 public:
  /// @param graph  validate() and validate_int8() find nothing; one input
  explicit Int8Interpreter(const Graph& graph);

  Int8Workspace workspace() const { return blank_; }
  /// @param input  NHWC, as many values as the graph's input has elements
  void run(std::span<const std::int8_t> input, Int8Workspace& workspace) const;
  /// The same where the graph's input is float32.
  void run(std::span<const float> input, Int8Workspace& workspace) const;

 private:
  using Step = std::function<void(Int8Workspace&)>;
  void run_steps(Int8Workspace& workspace) const;

  std::vector<Step> steps_;
  Int8Workspace blank_;
  std::size_t input_ = 0;
};

/// The bytes of a tensor in a workspace, as crc32_of reads them.
std::span<const std::byte> tensor_bytes(const Int8Workspace& workspace, const Graph& graph, int tensor);

}  // namespace thimble
