#pragma once
#include <string>

#include "graph/graph.hpp"

namespace thimble {

/// Builds a float32 graph without weights, operator after operator; the running activation is `current`. Windows are
/// padded by (k-1)/2 on every side. Weights and biases are constants without data, named OPERATOR + ".weights" and
/// ".bias"; an operator's output bears the operator's name.
class GraphBuilder {
 public:
  /// @param height, width, channels  of the input
  GraphBuilder(Graph& graph, int height, int width, int channels);

  int current() const { return current_; }
  void go_back_to(int tensor) { current_ = tensor; }  ///< another branch begins there

  void conv(const std::string& name, int out_channels, int kernel, int stride, Activation activation);
  /// With ReLU6.
  void depthwise(const std::string& name, int kernel, int stride);
  void add(const std::string& name, int shortcut);
  void global_pool(const std::string& name);
  void fully_connected(const std::string& name, int outputs);
  /// 1x1 expansion with ReLU6 if `expand`, depthwise, 1x1 projection,
  /// and the shortcut: NAME.expand, .dw, .project, .add.
  void inverted_bottleneck(const std::string& name, bool expand, int mid_channels, int out_channels, int kernel,
                           int stride, bool shortcut);
  /// The current activation becomes the graph's output.
  void finish() { graph_.outputs = {current_}; }

 private:
  Shape shape() const { return graph_.tensor(current_).shape; }
  int constant(const std::string& name, Shape shape);
  void append(Operator op, Shape output_shape);

  Graph& graph_;
  int current_ = 0;
};

}  // namespace thimble
