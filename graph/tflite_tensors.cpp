#include "graph/tflite_tensors.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "graph/base/error.hpp"
#include "graph/tflite_schema.hpp"

namespace thimble::tflite {
namespace {

/// Limits that no microcontroller's model comes near.
constexpr std::int64_t kMaxActivationElements = std::int64_t{1} << 26;
constexpr std::size_t kMaxCopiedBytes = std::size_t{1} << 28;
constexpr std::size_t kMaxDimensions = 6;

DataType data_type(int type) {
  switch (type) {
    case kFloat32:
      return DataType::kFloat32;
    case kInt32:
      return DataType::kInt32;
    case kInt8:
      return DataType::kInt8;
    default:
      throw Unsupported{"tensors of type " + type_name(type)};
  }
}

template <class T>
TensorData values_of(std::span<const std::uint8_t> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

Shape shape_of(const FlatTable& source) {
  const std::size_t dimensions = source.count(tensor::kShape, sizeof(std::int32_t));
  if (dimensions > kMaxDimensions) throw Error("a tensor has " + std::to_string(dimensions) + " dimensions");
  Shape shape = source.int32s(tensor::kShape);
  for (int dimension : shape) {
    if (dimension < 1) throw Error("a tensor has a dimension of " + std::to_string(dimension));
  }
  return shape;
}

}  // namespace

TensorImporter::TensorImporter(std::vector<FlatTable> tensors, std::vector<FlatTable> buffers, Graph& graph)
    : tensors_(std::move(tensors)), buffers_(std::move(buffers)), used_(tensors_.size(), false), graph_(graph) {
  graph_.tensors.assign(tensors_.size(), Tensor{.type = DataType::kInt32, .constant = true});
}

const FlatTable& TensorImporter::source(int index) const {
  if (index < 0 || index >= static_cast<int>(tensors_.size())) {
    throw Error("tensor " + std::to_string(index) + " does not exist");
  }
  return tensors_[static_cast<std::size_t>(index)];
}

std::span<const std::uint8_t> TensorImporter::bytes_of(const FlatTable& source) const {
  const std::uint32_t index = source.uint32(tensor::kBuffer, 0);
  if (index == 0 && buffers_.empty()) return {};
  if (index >= buffers_.size()) throw Error("buffer " + std::to_string(index) + " does not exist");
  return buffers_[index].bytes(buffer::kData);
}

void TensorImporter::charge(std::size_t bytes) {
  copied_bytes_ += bytes;
  if (copied_bytes_ > kMaxCopiedBytes) throw Error("the model needs more than 256 MiB");
}

int TensorImporter::use(int index) {
  const FlatTable& from = source(index);
  if (used_[static_cast<std::size_t>(index)]) return index;
  Tensor result;
  result.name = from.text(tensor::kName, kMaxNameLength);
  result.shape = shape_of(from);
  result.type = data_type(from.int8(tensor::kType, kFloat32));
  if (from.int8(tensor::kIsVariable, 0)) throw Unsupported{"variable tensors"};
  if (from.table(tensor::kSparsity)) throw Unsupported{"sparse tensors"};
  result.quantization = quantization_of(from);
  fill(result, bytes_of(from));
  graph_.tensor(index) = std::move(result);
  used_[static_cast<std::size_t>(index)] = true;
  return index;
}

Quantization TensorImporter::quantization_of(const FlatTable& source) {
  Quantization q;
  const std::optional<FlatTable> from = source.table(tensor::kQuantization);
  if (!from) return q;
  charge(from->count(quantization::kScale, sizeof(float)) * 2 * sizeof(float));
  charge(from->count(quantization::kZeroPoint, sizeof(std::int64_t)) * sizeof(std::int64_t));
  q.scales = from->floats(quantization::kScale);
  const std::vector<std::int64_t> zero_points = from->int64s(quantization::kZeroPoint);
  for (std::int64_t zero : zero_points) {
    if (zero < INT32_MIN || zero > INT32_MAX) throw Error("a zero point is outside int32");
    if (!q.scales.empty()) q.zero_points.push_back(static_cast<std::int32_t>(zero));
  }
  if (zero_points.empty()) q.zero_points.assign(q.scales.size(), 0);
  q.axis = from->int32(quantization::kQuantizedDimension, 0);
  return q;
}

void TensorImporter::fill(Tensor& tensor, std::span<const std::uint8_t> bytes) {
  tensor.constant = !bytes.empty();
  if (!tensor.constant) {
    activation_elements_ += std::min(tensor.elements(), kMaxActivationElements);
    if (activation_elements_ > kMaxActivationElements) throw Error("activations have more than 2^26 elements");
    return;
  }
  if (tensor.bytes() != static_cast<std::int64_t>(bytes.size())) {
    throw Error("constant " + tensor.name + " has " + std::to_string(bytes.size()) + " bytes, its shape needs " +
                std::to_string(tensor.bytes()));
  }
  charge(bytes.size());
  if (tensor.type == DataType::kInt8) tensor.data = values_of<std::int8_t>(bytes);
  if (tensor.type == DataType::kInt32) tensor.data = values_of<std::int32_t>(bytes);
  if (tensor.type == DataType::kFloat32) tensor.data = values_of<float>(bytes);
}

std::vector<std::int32_t> TensorImporter::parameters(int index) const {
  const FlatTable& from = source(index);
  if (from.int8(tensor::kType, 0) != kInt32) throw Unsupported{"parameters that are not INT32"};
  const std::span<const std::uint8_t> bytes = bytes_of(from);
  if (bytes.empty()) throw Unsupported{"parameters that are computed"};
  if (bytes.size() > 64) throw Error("has more parameters than dimensions");
  return std::get<std::vector<std::int32_t>>(values_of<std::int32_t>(bytes));
}

const Tensor& TensorImporter::image(int index) const {
  if (graph_.tensor(index).shape.size() != 4) throw Error("tensor " + std::to_string(index) + " must be NHWC");
  return graph_.tensor(index);
}

int TensorImporter::add_zero_bias(int channels, const std::string& name) {
  charge(static_cast<std::size_t>(channels) * sizeof(std::int32_t));
  return graph_.add({.name = name + ".bias",
                     .shape = {channels},
                     .type = DataType::kInt32,
                     .data = std::vector<std::int32_t>(static_cast<std::size_t>(channels), 0),
                     .constant = true});
}

int TensorImporter::add_transposed_weights(int index) {
  Tensor tensor = graph_.tensor(index);
  const auto* values = std::get_if<std::vector<std::int8_t>>(&tensor.data);
  if (!values) throw Error("weights must be int8 constants");
  charge(values->size());
  const auto outputs = static_cast<std::size_t>(tensor.shape[3]), taps = values->size() / outputs;
  std::vector<std::int8_t> transposed(values->size());
  for (std::size_t i = 0; i < values->size(); ++i) transposed[i % outputs * taps + i / outputs] = (*values)[i];
  tensor.data = std::move(transposed);
  tensor.shape = {tensor.shape[3], tensor.shape[1], tensor.shape[2], 1};
  tensor.quantization.axis = 0;
  return graph_.add(std::move(tensor));
}

}  // namespace thimble::tflite
