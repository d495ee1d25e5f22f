#include "search/space/layout.hpp"
#include "search/space/subnet.hpp"

namespace thimble {
namespace {

constexpr int kStemKernel = 3, kStemStride = 2;
constexpr int kFirstKernel = 3;

/// Appends operators to a graph; the running activation is `current`.
class Builder {
 public:
  Builder(Graph& graph, int input) : graph_(graph), current_(input) {}

  int current() const { return current_; }

  void conv(const std::string& name, int out_channels, int kernel, int stride, Activation activation) {
    const Shape x = shape();
    Operator op = window(OpType::kConv2D, name, kernel, stride, activation);
    op.inputs = {current_, constant(name + ".weights", {out_channels, kernel, kernel, x[3]}),
                 constant(name + ".bias", {out_channels})};
    append(std::move(op), {1, positions(x[1], kernel, stride), positions(x[2], kernel, stride), out_channels});
  }

  void depthwise(const std::string& name, int kernel, int stride) {
    const Shape x = shape();
    Operator op = window(OpType::kDepthwiseConv2D, name, kernel, stride, Activation::kRelu6);
    op.inputs = {current_, constant(name + ".weights", {1, kernel, kernel, x[3]}), constant(name + ".bias", {x[3]})};
    append(std::move(op), {1, positions(x[1], kernel, stride), positions(x[2], kernel, stride), x[3]});
  }

  void add(const std::string& name, int shortcut) {
    Operator op{.type = OpType::kAdd, .name = name};
    op.inputs = {shortcut, current_};
    append(std::move(op), shape());
  }

  void global_pool(const std::string& name) {
    const Shape x = shape();
    Operator op{.type = OpType::kAveragePool2D, .name = name};
    op.inputs = {current_};
    op.stride_h = op.kernel_h = x[1];
    op.stride_w = op.kernel_w = x[2];
    append(std::move(op), {1, 1, 1, x[3]});
  }

  void fully_connected(const std::string& name, int outputs) {
    const int features = static_cast<int>(graph_.tensor(current_).elements());
    Operator op{.type = OpType::kFullyConnected, .name = name};
    op.inputs = {current_, constant(name + ".weights", {outputs, features}), constant(name + ".bias", {outputs})};
    append(std::move(op), {1, outputs});
  }

 private:
  Shape shape() const { return graph_.tensor(current_).shape; }

  static int positions(int size, int kernel, int stride) { return (size + (kernel - 1) / 2 * 2 - kernel) / stride + 1; }

  static Operator window(OpType type, const std::string& name, int kernel, int stride, Activation activation) {
    Operator op{.type = type, .name = name};
    op.stride_h = op.stride_w = stride;
    op.kernel_h = op.kernel_w = kernel;
    const int pad = (kernel - 1) / 2;
    op.padding = {pad, pad, pad, pad};
    op.activation = activation;
    return op;
  }

  int constant(const std::string& name, Shape shape) {
    Tensor tensor;
    tensor.name = name;
    tensor.shape = std::move(shape);
    tensor.constant = true;
    return graph_.add(std::move(tensor));
  }

  void append(Operator op, Shape output_shape) {
    Tensor output;
    output.name = op.name;
    output.shape = std::move(output_shape);
    current_ = graph_.add(std::move(output));
    op.outputs = {current_};
    graph_.operators.push_back(std::move(op));
  }

  Graph& graph_;
  int current_;
};

void add_block(Builder& builder, const BlockLayout& block) {
  const std::string name = "stage" + std::to_string(block.stage + 1) + ".block" + std::to_string(block.block + 1);
  const int shortcut = builder.current();
  builder.conv(name + ".expand", block.mid_channels, 1, 1, Activation::kRelu6);
  builder.depthwise(name + ".dw", block.kernel_size, block.stride);
  builder.conv(name + ".project", block.out_channels, 1, 1, Activation::kNone);
  if (block.has_shortcut()) builder.add(name + ".add", shortcut);
}

/// Multiply-accumulates and constants of one layer at a time.
struct Cost {
  std::int64_t macs = 0, params = 0;

  void conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t size) {
    macs += size * size * kernel * kernel * in * out;
    params += kernel * kernel * in * out + out;
  }
  void depthwise(std::int64_t channels, std::int64_t kernel, std::int64_t size) {
    macs += size * size * kernel * kernel * channels;
    params += kernel * kernel * channels + channels;
  }
};

Cost cost_of(const SearchSpace& space, const Subnet& subnet) {
  const Layout layout = layout_of(space, subnet);
  Cost cost;
  cost.conv(space.input_channels, layout.stem_channels, kStemKernel, layout.stem_size);
  if (layout.first_channels > 0) {
    cost.depthwise(layout.stem_channels, kFirstKernel, layout.stem_size);
    cost.conv(layout.stem_channels, layout.first_channels, 1, layout.stem_size);
  }
  for (const BlockLayout& block : layout.blocks) {
    cost.conv(block.in_channels, block.mid_channels, 1, block.in_size);
    cost.depthwise(block.mid_channels, block.kernel_size, block.out_size);
    cost.conv(block.mid_channels, block.out_channels, 1, block.out_size);
  }
  cost.conv(layout.head_channels, space.classes, 1, 1);
  return cost;
}

}  // namespace

Graph to_graph(const SearchSpace& space, const Subnet& subnet) {
  const Layout layout = layout_of(space, subnet);
  Graph graph;
  graph.name = to_text(subnet);
  Tensor input;
  input.name = "input";
  input.shape = {1, subnet.resolution, subnet.resolution, space.input_channels};
  graph.inputs = {graph.add(std::move(input))};
  Builder builder(graph, graph.inputs[0]);
  builder.conv("stem", layout.stem_channels, kStemKernel, kStemStride, Activation::kRelu6);
  if (layout.first_channels > 0) {
    builder.depthwise("first.dw", kFirstKernel, 1);
    builder.conv("first.project", layout.first_channels, 1, 1, Activation::kNone);
  }
  for (const BlockLayout& block : layout.blocks) add_block(builder, block);
  builder.global_pool("pool");
  builder.fully_connected("classifier", space.classes);
  graph.outputs = {builder.current()};
  return graph;
}

std::int64_t macs(const SearchSpace& space, const Subnet& subnet) { return cost_of(space, subnet).macs; }

std::int64_t params(const SearchSpace& space, const Subnet& subnet) { return cost_of(space, subnet).params; }

}  // namespace thimble
