#include "graph/tflite_import.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"
#include "graph/import_limits.hpp"
#include "graph/tflite_operators.hpp"
#include "graph/tflite_schema.hpp"
#include "graph/tflite_tensors.hpp"
#include "graph/validate_int8.hpp"

namespace thimble {
namespace {

constexpr std::size_t kMaxIssues = 1000;
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 28;

std::string place_of(const UnsupportedOperators::Item& item) {
  return item.index < 0 ? item.name : "operator " + std::to_string(item.index) + " (" + item.name + ")";
}

class Importer {
 public:
  /// @param subgraph  the model's first
  Importer(const FlatTable& root, const FlatTable& subgraph, const std::string& file)
      : file_(file),
        codes_(root.tables(tflite::model::kOperatorCodes, tflite::kMaxTables)),
        operators_(subgraph.tables(tflite::subgraph::kOperators, tflite::kMaxTables)),
        tensors_(subgraph.tables(tflite::subgraph::kTensors, tflite::kMaxTables),
                 root.tables(tflite::model::kBuffers, tflite::kMaxTables), graph_),
        converter_(tensors_, graph_) {
    graph_.inputs = subgraph.int32s(tflite::subgraph::kInputs, tflite::kMaxTables);
    graph_.outputs = subgraph.int32s(tflite::subgraph::kOutputs, tflite::kMaxTables);
    graph_.name = file.substr(file.find_last_of('/') + 1);
  }

  Result<Graph, UnsupportedOperators> run() {
    for (std::size_t i = 0; i < operators_.size() && issues_.size() < kMaxIssues; ++i) import_operator(i);
    if (issues_.empty()) check_ends();
    if (unsupported_.items.empty()) {
      if (issues_.empty()) check(validate(graph_));
      if (issues_.empty()) check(validate_int8(graph_));
      if (issues_.empty()) check(exceeded_limits(graph_));
    }
    if (issues_.empty() && !unsupported_.items.empty()) return unsupported_;
    for (const UnsupportedOperators::Item& item : unsupported_.items) issue(place_of(item), item.reason);
    if (!issues_.empty()) throw ConfigError(issues_);
    return std::move(graph_);
  }

 private:
  void issue(const std::string& place, const std::string& rule) {
    issues_.push_back({.file = file_, .line = 0, .column = 0, .key = place, .value = "", .rule = rule});
  }

  void check(const std::vector<std::string>& problems) {
    for (const std::string& text : problems) issue(text.substr(0, text.find(": ")), text.substr(text.find(": ") + 2));
  }

  /// Inputs and outputs that no operator touched have not been converted yet.
  void check_ends() {
    if (graph_.inputs.size() != 1) {
      return unsupported_.items.push_back(
          {-1, "inputs", "there are " + std::to_string(graph_.inputs.size()) + ", must be one"});
    }
    try {
      for (int index : graph_.outputs) tensors_.use(index);
      const Tensor& input = graph_.tensor(tensors_.use(graph_.inputs[0]));
      if (input.type == DataType::kInt32)
        unsupported_.items.push_back({-1, "inputs", "INT32, must be INT8 or FLOAT32"});
    } catch (const tflite::Unsupported& unsupported) {
      if (unsupported_.items.empty()) unsupported_.items.push_back({-1, "inputs and outputs", unsupported.reason});
    } catch (const Error& error) {
      issue("inputs and outputs", error.what());
    }
  }

  void import_operator(std::size_t index) {
    std::string name = "?";
    try {
      const int code = builtin_code(operators_[index], name);
      std::vector<std::string> reasons;
      auto op = converter_.convert(operators_[index], code, reasons);
      if (op) graph_.operators.push_back(std::move(*op));
      for (std::string& reason : reasons) {
        unsupported_.items.push_back({static_cast<int>(index), name, std::move(reason)});
      }
    } catch (const Error& error) {
      issue("operator " + std::to_string(index) + " (" + name + ")", error.what());
    }
  }

  int builtin_code(const FlatTable& op, std::string& name) const {
    const std::uint32_t index = op.uint32(tflite::op::kOpcodeIndex, 0);
    if (index >= codes_.size()) throw Error("opcode index " + std::to_string(index) + " does not exist");
    const FlatTable& code = codes_[index];
    const int builtin = std::max<int>(code.int8(tflite::operator_code::kDeprecatedBuiltinCode, 0),
                                      code.int32(tflite::operator_code::kBuiltinCode, 0));
    name = tflite::operator_name(builtin);
    const std::string custom = code.text(tflite::operator_code::kCustomCode, tflite::kMaxNameLength);
    if (!custom.empty()) name = custom;
    return builtin;
  }

  std::string file_;
  std::vector<FlatTable> codes_, operators_;
  Graph graph_;
  tflite::TensorImporter tensors_;
  tflite::OperatorImporter converter_;
  UnsupportedOperators unsupported_;
  std::vector<ConfigIssue> issues_;
};

[[noreturn]] void fail(const std::string& file, const std::string& rule) {
  throw ConfigError({{.file = file, .line = 0, .column = 0, .key = "", .value = "", .rule = rule}});
}

}  // namespace

std::string to_text(const UnsupportedOperators::Item& item) { return place_of(item) + ": " + item.reason; }

std::string to_text(const UnsupportedOperators& unsupported) {
  std::string text;
  for (const UnsupportedOperators::Item& item : unsupported.items) text += to_text(item) + "\n";
  return text;
}

Result<Graph, UnsupportedOperators> import_tflite(std::span<const std::uint8_t> bytes, const std::string& name) {
  try {
    const FlatTable root = FlatTable::root(bytes, "TFL3");
    const std::vector<FlatTable> subgraphs = root.tables(tflite::model::kSubgraphs, tflite::kMaxTables);
    if (subgraphs.empty()) throw Error("corrupt: there is no subgraph");
    return Importer(root, subgraphs[0], name).run();
  } catch (const Error& error) {
    fail(name, error.what());
  }
}

Result<Graph, UnsupportedOperators> load_tflite(const std::string& path) {
  std::vector<std::uint8_t> bytes;
  try {
    std::ifstream stream(path, std::ios::binary);
    for (std::istreambuf_iterator<char> at(stream), end; at != end && bytes.size() <= kMaxFileBytes; ++at) {
      bytes.push_back(static_cast<std::uint8_t>(*at));
    }
  } catch (const std::ios_base::failure&) {  // a folder
    fail(path, "cannot be read");
  }
  if (bytes.size() > kMaxFileBytes) fail(path, "is larger than 256 MiB");
  if (bytes.empty()) fail(path, "cannot be read, or is empty");
  return import_tflite(bytes, path);
}

const char* tflite_name(OpType type) {
  switch (type) {
    case OpType::kConv2D:
      return "CONV_2D";
    case OpType::kDepthwiseConv2D:
      return "DEPTHWISE_CONV_2D";
    case OpType::kFullyConnected:
      return "FULLY_CONNECTED";
    case OpType::kAdd:
      return "ADD";
    case OpType::kMul:
      return "MUL";
    case OpType::kAveragePool2D:
      return "AVERAGE_POOL_2D";
    case OpType::kMaxPool2D:
      return "MAX_POOL_2D";
    case OpType::kReshape:
      return "RESHAPE";
    case OpType::kSoftmax:
      return "SOFTMAX";
    case OpType::kPad:
      return "PAD";
    case OpType::kMean:
      return "MEAN";
    case OpType::kTranspose:
      return "TRANSPOSE";
    case OpType::kResizeNearest:
      return "RESIZE_NEAREST_NEIGHBOR";
    case OpType::kQuantize:
      return "QUANTIZE";
    case OpType::kDequantize:
      return "DEQUANTIZE";
    case OpType::kConcat:
      return "CONCATENATION";
  }
  THIMBLE_CHECK(false, "an OpType without a name");
}

}  // namespace thimble
