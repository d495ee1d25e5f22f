#pragma once
#include <string>

namespace thimble::tflite {

// What importer and exporter need of TFLite's file format: numbers of fields, types and operators.

namespace model {
enum Field { kVersion = 0, kOperatorCodes = 1, kSubgraphs = 2, kDescription = 3, kBuffers = 4 };
}
namespace operator_code {
enum Field { kDeprecatedBuiltinCode = 0, kCustomCode = 1, kVersion = 2, kBuiltinCode = 3 };
}
namespace subgraph {
enum Field { kTensors = 0, kInputs = 1, kOutputs = 2, kOperators = 3, kName = 4 };
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
enum Field { kOpcodeIndex = 0, kInputs = 1, kOutputs = 2, kBuiltinOptionsType = 3, kBuiltinOptions = 4 };
}
namespace conv_options {
enum Field { kPadding = 0, kStrideW = 1, kStrideH = 2, kActivation = 3, kDilationW = 4, kDilationH = 5 };
}
namespace depthwise_options {
enum Field {
  kPadding = 0,
  kStrideW = 1,
  kStrideH = 2,
  kDepthMultiplier = 3,
  kActivation = 4,
  kDilationW = 5,
  kDilationH = 6
};
}
namespace pool_options {
enum Field { kPadding = 0, kStrideW = 1, kStrideH = 2, kFilterW = 3, kFilterH = 4, kActivation = 5 };
}
namespace fully_connected_options {
enum Field { kActivation = 0, kWeightsFormat = 1, kKeepNumDims = 2 };
}
namespace arithmetic_options {
enum Field { kActivation = 0 };
}
namespace softmax_options {
enum Field { kBeta = 0 };
}
namespace reshape_options {
enum Field { kNewShape = 0 };
}
namespace reducer_options {
enum Field { kKeepDims = 0 };
}
namespace concat_options {
enum Field { kAxis = 0, kActivation = 1 };
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
  kConcatenation = 2,
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

/// Which table an operator's options are: the numbers of the schema's union BuiltinOptions.
enum OptionsType {
  kConvOptions = 1,
  kDepthwiseOptions = 2,
  kPoolOptions = 5,
  kFullyConnectedOptions = 8,
  kSoftmaxOptions = 9,
  kConcatenationOptions = 10,
  kAddOptions = 11,
  kReshapeOptions = 17,
  kMulOptions = 21,
  kPadOptions = 22,
  kTransposeOptions = 26,
  kReducerOptions = 27,
  kDequantizeOptions = 38,
  kResizeNearestOptions = 74,
  kQuantizeOptions = 89,
};

/// Name of a builtin operator, e.g. "CONV_2D"; "BUILTIN_150" for those that Thimble has no name for.
std::string operator_name(int builtin_code);
/// Name of a tensor type, e.g. "UINT8".
std::string type_name(int type);

}  // namespace thimble::tflite
