#include "search/space/graph_builder.hpp"

namespace thimble {
namespace {

int positions(int size, int kernel, int stride) { return (size + (kernel - 1) / 2 * 2 - kernel) / stride + 1; }

Operator window(OpType type, const std::string& name, int kernel, int stride, Activation activation) {
  Operator op{.type = type, .name = name};
  op.stride_h = op.stride_w = stride;
  op.kernel_h = op.kernel_w = kernel;
  const int pad = (kernel - 1) / 2;
  op.padding = {pad, pad, pad, pad};
  op.activation = activation;
  return op;
}

}  // namespace

GraphBuilder::GraphBuilder(Graph& graph, int height, int width, int channels) : graph_(graph) {
  Tensor input;
  input.name = "input";
  input.shape = {1, height, width, channels};
  current_ = graph_.add(std::move(input));
  graph_.inputs = {current_};
}

void GraphBuilder::conv(const std::string& name, int out_channels, int kernel, int stride, Activation activation) {
  const Shape x = shape();
  Operator op = window(OpType::kConv2D, name, kernel, stride, activation);
  op.inputs = {current_, constant(name + ".weights", {out_channels, kernel, kernel, x[3]}),
               constant(name + ".bias", {out_channels})};
  append(std::move(op), {1, positions(x[1], kernel, stride), positions(x[2], kernel, stride), out_channels});
}

void GraphBuilder::depthwise(const std::string& name, int kernel, int stride) {
  const Shape x = shape();
  Operator op = window(OpType::kDepthwiseConv2D, name, kernel, stride, Activation::kRelu6);
  op.inputs = {current_, constant(name + ".weights", {1, kernel, kernel, x[3]}), constant(name + ".bias", {x[3]})};
  append(std::move(op), {1, positions(x[1], kernel, stride), positions(x[2], kernel, stride), x[3]});
}

void GraphBuilder::add(const std::string& name, int shortcut) {
  Operator op{.type = OpType::kAdd, .name = name};
  op.inputs = {shortcut, current_};
  append(std::move(op), shape());
}

void GraphBuilder::global_pool(const std::string& name) {
  const Shape x = shape();
  Operator op{.type = OpType::kAveragePool2D, .name = name};
  op.inputs = {current_};
  op.stride_h = op.kernel_h = x[1];
  op.stride_w = op.kernel_w = x[2];
  append(std::move(op), {1, 1, 1, x[3]});
}

void GraphBuilder::fully_connected(const std::string& name, int outputs) {
  const int features = static_cast<int>(graph_.tensor(current_).elements());
  Operator op{.type = OpType::kFullyConnected, .name = name};
  op.inputs = {current_, constant(name + ".weights", {outputs, features}), constant(name + ".bias", {outputs})};
  append(std::move(op), {1, outputs});
}

void GraphBuilder::inverted_bottleneck(const std::string& name, bool expand, int mid_channels, int out_channels,
                                       int kernel, int stride, bool shortcut) {
  const int input = current_;
  if (expand) conv(name + ".expand", mid_channels, 1, 1, Activation::kRelu6);
  depthwise(name + ".dw", kernel, stride);
  conv(name + ".project", out_channels, 1, 1, Activation::kNone);
  if (shortcut) add(name + ".add", input);
}

int GraphBuilder::constant(const std::string& name, Shape shape) {
  Tensor tensor;
  tensor.name = name;
  tensor.shape = std::move(shape);
  tensor.constant = true;
  return graph_.add(std::move(tensor));
}

void GraphBuilder::append(Operator op, Shape output_shape) {
  Tensor output;
  output.name = op.name;
  output.shape = std::move(output_shape);
  current_ = graph_.add(std::move(output));
  op.outputs = {current_};
  graph_.operators.push_back(std::move(op));
}

}  // namespace thimble
