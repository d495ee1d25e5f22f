#pragma once
#include <string>

namespace thimble::tflite {

// What the importer needs of TFLite's file format: numbers of fields, types and operators.

namespace model {
enum Field { kOperatorCodes = 1, kSubgraphs = 2, kBuffers = 4 };
}
namespace operator_code {
enum Field { kDeprecatedBuiltinCode = 0, kCustomCode = 1, kBuiltinCode = 3 };
}
namespace subgraph {
enum Field { kTensors = 0, kInputs = 1, kOutputs = 2, kOperators = 3 };
}
namespace tensor {
enum Field { kShape = 0, kType = 1, kBuffer = 2, kName = 3, kQuantization = 4, kIsVariable = 5, kSparsity = 6 };
}
namespace quantization {
enum Field { kScale = 2, kZeroPoint = 3, kQuantizedDimension = 6 };
}
namespace buffer {
enum Field { kData = 0 };
}
namespace op {
enum Field { kOpcodeIndex = 0, kInputs = 1, kOutputs = 2, kBuiltinOptions = 4 };
}
namespace conv_options {
enum Field { kPadding = 0, kStrideW = 1, kStrideH = 2, kActivation = 3, kDilationW = 4, kDilationH = 5 };
}
namespace depthwise_options {
enum Field { kPadding = 0, kStrideW = 1, kStrideH = 2, kActivation = 4, kDilationW = 5, kDilationH = 6 };
}
namespace pool_options {
enum Field { kPadding = 0, kStrideW = 1, kStrideH = 2, kFilterW = 3, kFilterH = 4, kActivation = 5 };
}
namespace fully_connected_options {
enum Field { kActivation = 0, kWeightsFormat = 1 };
}
namespace arithmetic_options {
enum Field { kActivation = 0 };
}
namespace softmax_options {
enum Field { kBeta = 0 };
}
namespace resize_options {
enum Field { kAlignCorners = 0, kHalfPixelCenters = 1 };
}

enum PaddingScheme { kSame = 0, kValid = 1 };
enum ActivationCode { kNone = 0, kRelu = 1, kRelu6 = 3 };
enum TensorType { kFloat32 = 0, kInt32 = 2, kInt8 = 9 };

enum BuiltinOperator {
  kAdd = 0,
  kAveragePool2D = 1,
  kConv2D = 3,
  kDepthwiseConv2D = 4,
  kDequantize = 6,
  kFullyConnected = 9,
  kMaxPool2D = 17,
  kMul = 18,
  kReshape = 22,
  kSoftmax = 25,
  kPad = 34,
  kTranspose = 39,
  kMean = 40,
  kResizeNearest = 97,
  kQuantize = 114,
};

/// Name of a builtin operator, e.g. "CONV_2D"; "BUILTIN_150" for those that Thimble has no name for.
std::string operator_name(int builtin_code);
/// Name of a tensor type, e.g. "UINT8".
std::string type_name(int type);

}  // namespace thimble::tflite
