#pragma once
#include <functional>
#include <span>
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

/// The values of one run: one vector per tensor of the graph, all kept. One workspace per thread.
struct FloatWorkspace {
  std::vector<std::vector<float>> values;  ///< [tensor]; empty for weights and biases
  std::vector<float> columns;              ///< scratch of convolutions
};

/// Runs a float32 graph with weights on one input (NHWC).
///
///   const FloatInterpreter network(graph);
///   FloatWorkspace workspace = network.workspace();
///   network.run(pixels, workspace);
///   use(workspace.values[graph.outputs[0]]);
///
/// Weights are laid out once, here; a run allocates nothing. Sums run in a fixed order, so that results do not depend
/// on threads. Not kept: a reference to the graph.
class FloatInterpreter {
 public:
  /// @param graph  validate() finds nothing; every tensor float32, every constant filled in; one input
  explicit FloatInterpreter(const Graph& graph);

  FloatWorkspace workspace() const { return blank_; }
  /// @param input  as many values as the graph's input has elements
  void run(std::span<const float> input, FloatWorkspace& workspace) const;

 private:
  using Step = std::function<void(FloatWorkspace&)>;
  std::vector<Step> steps_;
  FloatWorkspace blank_;
  int input_ = 0;
};

}  // namespace thimble
