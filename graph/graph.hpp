#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace thimble {

enum class DataType { kFloat32, kInt8, kInt32 };

/// Dimensions, outermost first. Activations are NHWC with N = 1; a fully connected layer's are [1, features].
using Shape = std::vector<int>;

/// Number of elements; 1 for a scalar; saturates at 2^63 - 1.
std::int64_t element_count(const Shape& shape);

/// real = scale * (quantised - zero_point). One entry: the whole tensor; several: one per index of `axis`.
struct Quantization {
  std::vector<float> scales{};
  std::vector<std::int32_t> zero_points{};
  int axis = 0;

  bool empty() const { return scales.empty(); }
};

/// Values of a constant tensor; empty (monostate) for activations and for weights that nobody filled in yet.
using TensorData =
    std::variant<std::monostate, std::vector<float>, std::vector<std::int8_t>, std::vector<std::int32_t>>;

struct Tensor {
  std::string name{};
  Shape shape{};
  DataType type = DataType::kFloat32;
  Quantization quantization{};
  TensorData data{};
  bool constant = false;  ///< weights and biases, filled in or not

  std::int64_t elements() const { return element_count(shape); }
  std::int64_t bytes() const;  ///< elements times 1 or 4
};

enum class OpType {
  kConv2D,           ///< inputs: x [1,H,W,C_in], weights [C_out,K_h,K_w,C_in], bias [C_out]
  kDepthwiseConv2D,  ///< inputs: x [1,H,W,C], weights [1,K_h,K_w,C], bias [C] (depth multiplier 1)
  kFullyConnected,   ///< inputs: x [1,...] flattened, weights [C_out,C_in], bias [C_out]
  kAdd,              ///< inputs: two of one shape, or one is broadcast to the other's (NumPy's rule)
  kAveragePool2D,    ///< window kernel_h x kernel_w; padding is not counted in the divisor
  kMaxPool2D,
  kReshape,  ///< output shape is the output tensor's
  kSoftmax,  ///< over the last dimension, beta 1
  // Operators of imported models:
  kMul,            ///< inputs as kAdd's
  kPad,            ///< rows and columns by `padding`, with real zero
  kMean,           ///< over `axes`; output shape is the output tensor's
  kTranspose,      ///< output dimension i is input dimension axes[i]
  kResizeNearest,  ///< rows and columns, to the output's size: source index floor(i * in / out)
  kQuantize,       ///< float32 or int8 to int8
  kDequantize,     ///< int8 to float32
  kConcat,         ///< any number of inputs, joined along axes[0]
};

enum class Activation { kNone, kRelu, kRelu6 };

/// Explicit padding in rows and columns; filled with real zero.
struct Padding {
  int top = 0, bottom = 0, left = 0, right = 0;
};

struct Operator {
  OpType type = OpType::kConv2D;
  std::string name{};         ///< the layer's name, kept to the generated code
  std::vector<int> inputs{};  ///< tensor indices, in the order of OpType
  std::vector<int> outputs{};
  int stride_h = 1, stride_w = 1;
  int kernel_h = 1, kernel_w = 1;  ///< of pools; convolutions repeat their weights' size here
  Padding padding{};
  Activation activation = Activation::kNone;
  std::vector<int> axes{};  ///< of kMean (ascending), kTranspose and kConcat (one)
};

/// A network: operators in execution order over tensors. Weights and quantisation are optional.
struct Graph {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Operator> operators;
  std::vector<int> inputs, outputs;

  int add(Tensor tensor);  ///< returns its index
  const Tensor& tensor(int index) const { return tensors.at(static_cast<std::size_t>(index)); }
  Tensor& tensor(int index) { return tensors.at(static_cast<std::size_t>(index)); }
};

const char* to_text(OpType type);  ///< "conv2d", "depthwise_conv2d", ...
const char* to_text(Activation activation);

/// Multiply-accumulates of one operator, from shapes alone; 0 for operators without weights.
std::int64_t macs(const Graph& graph, const Operator& op);
std::int64_t macs(const Graph& graph);
/// Elements of all constant tensors that operators read.
std::int64_t params(const Graph& graph);

/// Everything that is wrong with the graph's structure: indices, shapes, element counts, order, missing inputs. Empty
/// if sound.
std::vector<std::string> validate(const Graph& graph);

}  // namespace thimble
