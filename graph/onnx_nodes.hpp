#pragma once
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.hpp"

namespace onnx {
class GraphProto;
class NodeProto;
class TensorProto;
}  // namespace onnx

namespace thimble {

/// An attribute of a node: an integer, a list of integers, or a text.
struct OnnxAttribute {
  const char* name;
  enum class Kind { kInt, kInts, kText } kind;
  std::vector<std::int64_t> values{};
  std::string text{};

  OnnxAttribute(const char* of, std::int64_t value) : name(of), kind(Kind::kInt), values{value} {}
  OnnxAttribute(const char* of, std::vector<std::int64_t> list)
      : name(of), kind(Kind::kInts), values(std::move(list)) {}
  OnnxAttribute(const char* of, const char* value) : name(of), kind(Kind::kText), text(value) {}
};

/// Appends nodes and constants to an ONNX graph. Values are known by their names, which it keeps unique.
class OnnxNodes {
 public:
  explicit OnnxNodes(onnx::GraphProto& graph) : graph_(graph) {}

  /// `wanted`, or with a number behind it where that is taken.
  std::string unique(const std::string& wanted);

  /// Appends a node of one output and returns that value's name; an empty input is one left out.
  std::string add(const char* type, const std::string& output, const std::vector<std::string>& inputs,
                  const std::vector<OnnxAttribute>& attributes = {});
  /// The same where the output's name is given already.
  void add_to(const char* type, const std::string& output, const std::vector<std::string>& inputs,
              const std::vector<OnnxAttribute>& attributes = {});

  std::string constant(const std::string& name, const Shape& shape, std::span<const float> values);
  std::string constant(const std::string& name, const Shape& shape, std::span<const std::int8_t> values);
  std::string constant(const std::string& name, const Shape& shape, std::span<const std::int32_t> values);
  std::string constant(const std::string& name, const Shape& shape, std::span<const std::int64_t> values);

  /// Declares an input or output of the model.
  void add_input(const std::string& name, DataType type, const Shape& shape);
  void add_output(const std::string& name, DataType type, const Shape& shape);

 private:
  template <class T>
  std::string add_constant(const std::string& name, const Shape& shape, std::span<const T> values, int type);

  onnx::GraphProto& graph_;
  std::set<std::string> names_;
};

}  // namespace thimble
