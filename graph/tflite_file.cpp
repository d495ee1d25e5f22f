#include "graph/tflite_file.hpp"

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <span>

#include "graph/base/check.hpp"
#include "graph/tflite_schema.hpp"

namespace thimble::tflite {
namespace {

constexpr std::uint32_t kSchemaVersion = 3;
constexpr int kLargestDeprecatedCode = 127;  ///< of operator_code's first, 8-bit field
constexpr std::size_t kBufferAlignment = 16;

using Offset = flatbuffers::Offset<void>;

flatbuffers::voffset_t slot(int field) { return static_cast<flatbuffers::voffset_t>(4 + 2 * field); }

std::span<const std::byte> bytes_of(const TensorData& data) {
  if (const auto* floats = std::get_if<std::vector<float>>(&data)) return std::as_bytes(std::span(*floats));
  if (const auto* bytes = std::get_if<std::vector<std::int8_t>>(&data)) return std::as_bytes(std::span(*bytes));
  if (const auto* words = std::get_if<std::vector<std::int32_t>>(&data)) return std::as_bytes(std::span(*words));
  return {};
}

TensorType type_code(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return tflite::kFloat32;
    case DataType::kInt8:
      return tflite::kInt8;
    case DataType::kInt32:
      return tflite::kInt32;
  }
  THIMBLE_CHECK(false, "a DataType without a code");
}

/// FlatBuffers are written from the leaves to the root.
class Writer {
 public:
  Writer() { builder_.ForceDefaults(true); }

  std::vector<std::uint8_t> write(const File& file) {
    buffers_ = {empty_table()};
    std::vector<Offset> tensors, operators;
    for (const Tensor& tensor : file.tensors) tensors.push_back(write_tensor(tensor));
    for (const FileOperator& op : file.operators) operators.push_back(write_operator(op));
    std::vector<Offset> codes;
    for (const auto& [code, version] : codes_) codes.push_back(write_code(code, version));
    const std::vector<Offset> subgraphs = {table({{subgraph::kTensors, list(tensors)},
                                                  {subgraph::kInputs, list(file.inputs)},
                                                  {subgraph::kOutputs, list(file.outputs)},
                                                  {subgraph::kOperators, list(operators)},
                                                  {subgraph::kName, text("main")}})};
    const Offset code_list = list(codes), subgraph_list = list(subgraphs), buffer_list = list(buffers_);
    const Offset description = text(file.name);
    const auto start = builder_.StartTable();
    builder_.AddElement(slot(model::kVersion), kSchemaVersion, std::uint32_t{0});
    add_offsets({{model::kOperatorCodes, code_list},
                 {model::kSubgraphs, subgraph_list},
                 {model::kDescription, description},
                 {model::kBuffers, buffer_list}});
    builder_.Finish(flatbuffers::Offset<flatbuffers::Table>(builder_.EndTable(start)), "TFL3");
    return {builder_.GetBufferPointer(), builder_.GetBufferPointer() + builder_.GetSize()};
  }

 private:
  using Offsets = std::vector<std::pair<int, Offset>>;

  template <class T>
  Offset list(const std::vector<T>& values) {
    return builder_.CreateVector(values).o;
  }
  Offset text(const std::string& characters) { return builder_.CreateString(characters).o; }

  void add_offsets(const Offsets& fields) {
    for (const auto& [field, offset] : fields) builder_.AddOffset(slot(field), offset);
  }
  Offset table(const Offsets& fields) {
    const auto start = builder_.StartTable();
    add_offsets(fields);
    return builder_.EndTable(start);
  }
  Offset empty_table() { return table({}); }

  /// Constants get a buffer of their own; everything else shares the empty one.
  std::uint32_t write_buffer(const TensorData& data) {
    const std::span<const std::byte> bytes = bytes_of(data);
    if (bytes.empty()) return 0;
    builder_.ForceVectorAlignment(bytes.size(), 1, kBufferAlignment);
    const auto vector = builder_.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    buffers_.push_back(table({{buffer::kData, vector.o}}));
    return static_cast<std::uint32_t>(buffers_.size()) - 1;
  }

  Offset write_quantization(const Quantization& q) {
    if (q.empty()) return empty_table();
    const Offset scales = list(q.scales);
    const Offset zero_points = list(std::vector<std::int64_t>(q.zero_points.begin(), q.zero_points.end()));
    const auto start = builder_.StartTable();
    add_offsets({{quantization::kScale, scales}, {quantization::kZeroPoint, zero_points}});
    builder_.AddElement<std::int32_t>(slot(quantization::kQuantizedDimension), q.axis, 0);
    return builder_.EndTable(start);
  }

  Offset write_tensor(const Tensor& tensor) {
    const std::uint32_t buffer = write_buffer(tensor.data);
    const Offset shape = list(tensor.shape), name = text(tensor.name);
    const Offset quantization = write_quantization(tensor.quantization);
    const auto start = builder_.StartTable();
    builder_.AddElement(slot(tensor::kBuffer), buffer, std::uint32_t{0});
    add_offsets({{tensor::kShape, shape}, {tensor::kName, name}, {tensor::kQuantization, quantization}});
    builder_.AddElement(slot(tensor::kType), static_cast<std::int8_t>(type_code(tensor.type)), std::int8_t{0});
    return builder_.EndTable(start);
  }

  Offset write_code(int code, int version) {
    const auto deprecated = static_cast<std::int8_t>(std::min(code, kLargestDeprecatedCode));
    const auto start = builder_.StartTable();
    builder_.AddElement<std::int32_t>(slot(operator_code::kVersion), version, 1);
    builder_.AddElement<std::int32_t>(slot(operator_code::kBuiltinCode), code, 0);
    builder_.AddElement<std::int8_t>(slot(operator_code::kDeprecatedBuiltinCode), deprecated, 0);
    return builder_.EndTable(start);
  }

  std::uint32_t code_index(int code, int version) {
    const auto index = std::find(codes_.begin(), codes_.end(), std::pair(code, version)) - codes_.begin();
    if (index == std::ssize(codes_)) codes_.emplace_back(code, version);
    return static_cast<std::uint32_t>(index);
  }

  Offset write_options(const std::vector<FileOption>& options) {
    Offsets lists;
    for (const FileOption& option : options) {
      const auto* values = std::get_if<std::vector<std::int32_t>>(&option.value);
      if (values) lists.emplace_back(option.field, list(*values));
    }
    const auto start = builder_.StartTable();
    add_offsets(lists);
    for (const auto& [field, value] : options) {
      if (const auto* word = std::get_if<std::int32_t>(&value)) builder_.AddElement(slot(field), *word, 0);
      if (const auto* real = std::get_if<float>(&value)) builder_.AddElement(slot(field), *real, 0.0f);
      if (const auto* byte = std::get_if<std::int8_t>(&value)) builder_.AddElement(slot(field), *byte, std::int8_t{0});
    }
    return builder_.EndTable(start);
  }

  Offset write_operator(const FileOperator& op) {
    const std::uint32_t code = code_index(op.builtin_code, op.version);
    const Offset inputs = list(op.inputs), outputs = list(op.outputs), options = write_options(op.options);
    const auto start = builder_.StartTable();
    builder_.AddElement(slot(op::kOpcodeIndex), code, std::uint32_t{0});
    add_offsets({{op::kInputs, inputs}, {op::kOutputs, outputs}, {op::kBuiltinOptions, options}});
    builder_.AddElement(slot(op::kBuiltinOptionsType), static_cast<std::uint8_t>(op.options_type), std::uint8_t{0});
    return builder_.EndTable(start);
  }

  flatbuffers::FlatBufferBuilder builder_;
  std::vector<Offset> buffers_;
  std::vector<std::pair<int, int>> codes_;  ///< builtin code and version, as operators ask for them
};

}  // namespace

std::vector<std::uint8_t> write_file(const File& file) { return Writer().write(file); }

}  // namespace thimble::tflite
