#include "graph/tflite_schema.hpp"

#include <map>

namespace thimble::tflite {

std::string operator_name(int builtin_code) {
  // The operators of converted networks; others show their number.
  static const std::map<int, const char*> kNames = {{0, "ADD"},
                                                    {1, "AVERAGE_POOL_2D"},
                                                    {2, "CONCATENATION"},
                                                    {3, "CONV_2D"},
                                                    {4, "DEPTHWISE_CONV_2D"},
                                                    {5, "DEPTH_TO_SPACE"},
                                                    {6, "DEQUANTIZE"},
                                                    {7, "EMBEDDING_LOOKUP"},
                                                    {9, "FULLY_CONNECTED"},
                                                    {11, "L2_NORMALIZATION"},
                                                    {12, "L2_POOL_2D"},
                                                    {14, "LOGISTIC"},
                                                    {16, "LSTM"},
                                                    {17, "MAX_POOL_2D"},
                                                    {18, "MUL"},
                                                    {19, "RELU"},
                                                    {20, "RELU_N1_TO_1"},
                                                    {21, "RELU6"},
                                                    {22, "RESHAPE"},
                                                    {23, "RESIZE_BILINEAR"},
                                                    {24, "RNN"},
                                                    {25, "SOFTMAX"},
                                                    {26, "SPACE_TO_DEPTH"},
                                                    {27, "SVDF"},
                                                    {28, "TANH"},
                                                    {32, "CUSTOM"},
                                                    {34, "PAD"},
                                                    {36, "GATHER"},
                                                    {37, "BATCH_TO_SPACE_ND"},
                                                    {38, "SPACE_TO_BATCH_ND"},
                                                    {39, "TRANSPOSE"},
                                                    {40, "MEAN"},
                                                    {41, "SUB"},
                                                    {42, "DIV"},
                                                    {43, "SQUEEZE"},
                                                    {44, "UNIDIRECTIONAL_SEQUENCE_LSTM"},
                                                    {45, "STRIDED_SLICE"},
                                                    {47, "EXP"},
                                                    {49, "SPLIT"},
                                                    {50, "LOG_SOFTMAX"},
                                                    {53, "CAST"},
                                                    {54, "PRELU"},
                                                    {55, "MAXIMUM"},
                                                    {56, "ARG_MAX"},
                                                    {57, "MINIMUM"},
                                                    {59, "NEG"},
                                                    {60, "PADV2"},
                                                    {65, "SLICE"},
                                                    {67, "TRANSPOSE_CONV"},
                                                    {70, "EXPAND_DIMS"},
                                                    {74, "SUM"},
                                                    {75, "SQRT"},
                                                    {76, "RSQRT"},
                                                    {77, "SHAPE"},
                                                    {78, "POW"},
                                                    {82, "REDUCE_MAX"},
                                                    {83, "PACK"},
                                                    {88, "UNPACK"},
                                                    {97, "RESIZE_NEAREST_NEIGHBOR"},
                                                    {98, "LEAKY_RELU"},
                                                    {99, "SQUARED_DIFFERENCE"},
                                                    {101, "ABS"},
                                                    {102, "SPLIT_V"},
                                                    {111, "ELU"},
                                                    {114, "QUANTIZE"},
                                                    {117, "HARD_SWISH"},
                                                    {118, "IF"},
                                                    {119, "WHILE"},
                                                    {126, "BATCH_MATMUL"},
                                                    {129, "CALL_ONCE"},
                                                    {142, "VAR_HANDLE"},
                                                    {143, "READ_VARIABLE"},
                                                    {144, "ASSIGN_VARIABLE"},
                                                    {150, "GELU"}};
  const auto found = kNames.find(builtin_code);
  return found == kNames.end() ? "BUILTIN_" + std::to_string(builtin_code) : found->second;
}

std::string type_name(int type) {
  static const std::map<int, const char*> kNames = {{0, "FLOAT32"},   {1, "FLOAT16"}, {2, "INT32"},   {3, "UINT8"},
                                                    {4, "INT64"},     {5, "STRING"},  {6, "BOOL"},    {7, "INT16"},
                                                    {8, "COMPLEX64"}, {9, "INT8"},    {10, "FLOAT64"}};
  const auto found = kNames.find(type);
  return found == kNames.end() ? "type " + std::to_string(type) : found->second;
}

}  // namespace thimble::tflite
