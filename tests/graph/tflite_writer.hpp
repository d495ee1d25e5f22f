#pragma once
#include <flatbuffers/flatbuffers.h>

#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "graph/tflite_schema.hpp"

namespace thimble::test {

/// Writes small .tflite files, sound or not, for tests of the importer.
class TfliteWriter {
 public:
  struct TensorSpec {
    std::vector<std::int32_t> shape{};
    std::vector<float> scales{};
    std::vector<std::int64_t> zero_points{};
    std::int32_t axis = 0;
    std::vector<std::uint8_t> data{};
    int type = tflite::kInt8;
  };
  struct Option {
    int field, value;
    bool byte = false;  ///< int8 in the schema, else int32
  };
  struct OperatorSpec {
    int code;
    std::vector<std::int32_t> inputs, outputs;
    std::vector<Option> options;
  };

  std::vector<TensorSpec> tensors;
  std::vector<OperatorSpec> operators;
  std::vector<std::int32_t> inputs, outputs;
  std::size_t repeated_buffers = 0;  ///< more entries of the list of buffers, all of them the first

  std::vector<std::uint8_t> bytes() {
    std::vector<Offset> codes, buffers{table({})}, tensor_tables, operator_tables;
    for (const TensorSpec& spec : tensors) {
      const auto data = builder_.CreateVector(spec.data);
      buffers.push_back(spec.data.empty() ? table({}) : table({{tflite::buffer::kData, data.o}}));
      tensor_tables.push_back(tensor(spec, static_cast<std::uint32_t>(buffers.size()) - 1));
    }
    for (const OperatorSpec& spec : operators) {
      operator_tables.push_back(op(spec, static_cast<std::uint32_t>(codes.size())));
      const auto start = builder_.StartTable();
      builder_.AddElement<std::int32_t>(slot(tflite::operator_code::kBuiltinCode), spec.code, -1);
      codes.push_back(builder_.EndTable(start));
    }
    const Offset subgraph = table({{tflite::subgraph::kTensors, builder_.CreateVector(tensor_tables).o},
                                   {tflite::subgraph::kInputs, builder_.CreateVector(inputs).o},
                                   {tflite::subgraph::kOutputs, builder_.CreateVector(outputs).o},
                                   {tflite::subgraph::kOperators, builder_.CreateVector(operator_tables).o}});
    buffers.resize(buffers.size() + repeated_buffers, buffers[0]);
    const Offset model = table({{tflite::model::kOperatorCodes, builder_.CreateVector(codes).o},
                                {tflite::model::kSubgraphs, builder_.CreateVector(std::vector<Offset>{subgraph}).o},
                                {tflite::model::kBuffers, builder_.CreateVector(buffers).o}});
    builder_.Finish(model, "TFL3");
    return {builder_.GetBufferPointer(), builder_.GetBufferPointer() + builder_.GetSize()};
  }

 private:
  using Offset = flatbuffers::Offset<flatbuffers::Table>;
  static flatbuffers::voffset_t slot(int field) { return static_cast<flatbuffers::voffset_t>(4 + 2 * field); }

  /// A table of offsets.
  Offset table(const std::vector<std::pair<int, flatbuffers::uoffset_t>>& fields) {
    const auto start = builder_.StartTable();
    for (const auto& [field, offset] : fields) builder_.AddOffset(slot(field), flatbuffers::Offset<void>(offset));
    return builder_.EndTable(start);
  }

  Offset tensor(const TensorSpec& spec, std::uint32_t buffer) {
    const auto name = builder_.CreateString("t" + std::to_string(buffer - 1));
    const auto shape = builder_.CreateVector(spec.shape);
    const auto scales = builder_.CreateVector(spec.scales);
    const auto zero_points = builder_.CreateVector(spec.zero_points);
    auto start = builder_.StartTable();
    builder_.AddOffset(slot(tflite::quantization::kScale), scales);
    builder_.AddOffset(slot(tflite::quantization::kZeroPoint), zero_points);
    builder_.AddElement<std::int32_t>(slot(tflite::quantization::kQuantizedDimension), spec.axis, 0);
    const flatbuffers::Offset<void> quantization(builder_.EndTable(start));
    start = builder_.StartTable();
    builder_.AddOffset(slot(tflite::tensor::kShape), shape);
    builder_.AddElement<std::int8_t>(slot(tflite::tensor::kType), static_cast<std::int8_t>(spec.type), 0);
    builder_.AddElement<std::uint32_t>(slot(tflite::tensor::kBuffer), buffer, 0);
    builder_.AddOffset(slot(tflite::tensor::kName), name);
    builder_.AddOffset(slot(tflite::tensor::kQuantization), quantization);
    return builder_.EndTable(start);
  }

  Offset op(const OperatorSpec& spec, std::uint32_t code) {
    const auto op_inputs = builder_.CreateVector(spec.inputs), op_outputs = builder_.CreateVector(spec.outputs);
    auto start = builder_.StartTable();
    for (const Option& option : spec.options) {
      if (option.byte) builder_.AddElement<std::int8_t>(slot(option.field), static_cast<std::int8_t>(option.value), -1);
      if (!option.byte) builder_.AddElement<std::int32_t>(slot(option.field), option.value, INT32_MIN);
    }
    const flatbuffers::Offset<void> options(builder_.EndTable(start));
    start = builder_.StartTable();
    builder_.AddElement<std::uint32_t>(slot(tflite::op::kOpcodeIndex), code, UINT32_MAX);
    builder_.AddOffset(slot(tflite::op::kInputs), op_inputs);
    builder_.AddOffset(slot(tflite::op::kOutputs), op_outputs);
    builder_.AddOffset(slot(tflite::op::kBuiltinOptions), options);
    return builder_.EndTable(start);
  }

  flatbuffers::FlatBufferBuilder builder_;
};

/// A depthwise convolution of one 3x2 channel with multiplier 2 and no bias, SAME, stride 2: two operators of Thimble's
/// conventions that the file spells differently.
inline TfliteWriter depthwise_model() {
  TfliteWriter writer;
  writer.tensors = {
      {.shape = {1, 3, 2, 1}, .scales = {0.5f}, .zero_points = {3}, .axis = 0, .data = {}},
      // [1,2,1,2]: the upper tap is 1 and 10, the lower one 2 and 20
      {.shape = {1, 2, 1, 2}, .scales = {1, 1}, .zero_points = {0, 0}, .axis = 3, .data = {1, 10, 2, 20}},
      {.shape = {1, 2, 1, 2}, .scales = {0.5f}, .zero_points = {-1}, .axis = 0, .data = {}},
  };
  using namespace tflite::depthwise_options;
  writer.operators = {{tflite::kDepthwiseConv2D,
                       {0, 1},
                       {2},
                       {{kPadding, tflite::kSame, true},
                        {kStrideW, 2},
                        {kStrideH, 2},
                        {kActivation, tflite::kNone, true},
                        {kDilationW, 1},
                        {kDilationH, 1}}}};
  writer.inputs = {0};
  writer.outputs = {2};
  return writer;
}

}  // namespace thimble::test
