#include "graph/onnx_nodes.hpp"

#include <onnx/onnx_pb.h>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

int element_type(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return onnx::TensorProto::FLOAT;
    case DataType::kInt8:
      return onnx::TensorProto::INT8;
    case DataType::kInt32:
      return onnx::TensorProto::INT32;
  }
  THIMBLE_CHECK(false, "a DataType without an ONNX type");
}

void describe(onnx::ValueInfoProto& value, const std::string& name, DataType type, const Shape& shape) {
  value.set_name(name);
  onnx::TypeProto_Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(element_type(type));
  tensor.mutable_shape();
  for (int dimension : shape) tensor.mutable_shape()->add_dim()->set_dim_value(dimension);
}

void write(const OnnxAttribute& attribute, onnx::AttributeProto& to) {
  to.set_name(attribute.name);
  switch (attribute.kind) {
    case OnnxAttribute::Kind::kInt:
      to.set_type(onnx::AttributeProto::INT);
      return to.set_i(attribute.values[0]);
    case OnnxAttribute::Kind::kInts:
      to.set_type(onnx::AttributeProto::INTS);
      for (std::int64_t value : attribute.values) to.add_ints(value);
      return;
    case OnnxAttribute::Kind::kText:
      to.set_type(onnx::AttributeProto::STRING);
      to.set_s(attribute.text);
  }
}

}  // namespace

std::string OnnxNodes::unique(const std::string& wanted) {
  const std::string base = wanted.empty() ? "value" : wanted;
  std::string name = base;
  for (int i = 2; !names_.insert(name).second; ++i) name = base + "_" + std::to_string(i);
  return name;
}

std::string OnnxNodes::add(const char* type, const std::string& output, const std::vector<std::string>& inputs,
                           const std::vector<OnnxAttribute>& attributes) {
  const std::string name = unique(output);
  add_to(type, name, inputs, attributes);
  return name;
}

void OnnxNodes::add_to(const char* type, const std::string& output, const std::vector<std::string>& inputs,
                       const std::vector<OnnxAttribute>& attributes) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type(type);
  node.set_name(output);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  for (const OnnxAttribute& attribute : attributes) write(attribute, *node.add_attribute());
}

template <class T>
std::string OnnxNodes::add_constant(const std::string& name, const Shape& shape, std::span<const T> values, int type) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(unique(name));
  tensor.set_data_type(type);
  for (int dimension : shape) tensor.add_dims(dimension);
  tensor.set_raw_data(values.data(), values.size_bytes());
  return tensor.name();
}

std::string OnnxNodes::constant(const std::string& name, const Shape& shape, std::span<const float> values) {
  return add_constant(name, shape, values, onnx::TensorProto::FLOAT);
}
std::string OnnxNodes::constant(const std::string& name, const Shape& shape, std::span<const std::int8_t> values) {
  return add_constant(name, shape, values, onnx::TensorProto::INT8);
}
std::string OnnxNodes::constant(const std::string& name, const Shape& shape, std::span<const std::int32_t> values) {
  return add_constant(name, shape, values, onnx::TensorProto::INT32);
}
std::string OnnxNodes::constant(const std::string& name, const Shape& shape, std::span<const std::int64_t> values) {
  return add_constant(name, shape, values, onnx::TensorProto::INT64);
}

void OnnxNodes::add_input(const std::string& name, DataType type, const Shape& shape) {
  describe(*graph_.add_input(), name, type, shape);
}

void OnnxNodes::add_output(const std::string& name, DataType type, const Shape& shape) {
  describe(*graph_.add_output(), name, type, shape);
}

}  // namespace thimble
