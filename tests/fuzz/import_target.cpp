#include "tests/fuzz/import_target.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <vector>

#include "graph/base/error.hpp"
#include "graph/int8_interpreter.hpp"
#include "graph/onnx_export.hpp"
#include "graph/tflite_export.hpp"

namespace thimble::test {
namespace {

constexpr std::int64_t kMaxWork = 1 << 21;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

/// Steps of an interpreter, more or less: elements, products, and what pools look at.
std::int64_t work_of(const Graph& graph) {
  std::int64_t work = 0;
  for (const Tensor& tensor : graph.tensors) work += tensor.elements();
  for (const Operator& op : graph.operators) {
    work += macs(graph, op);
    const Tensor& output = graph.tensor(op.outputs[0]);
    for (int input : op.inputs) work += graph.tensor(input).elements();
    if (op.type != OpType::kAveragePool2D && op.type != OpType::kMaxPool2D) continue;
    const Shape& in = graph.tensor(op.inputs[0]).shape;
    work += output.elements() * std::min(op.kernel_h, in[1]) * std::min(op.kernel_w, in[2]);
    if (work > kMaxWork) break;
  }
  return work;
}

/// The bytes of all outputs for one made-up input.
std::vector<std::byte> outputs_of(const Graph& graph) {
  const Int8Interpreter network(graph);
  Int8Workspace workspace = network.workspace();
  const Tensor& input = graph.tensor(graph.inputs[0]);
  const auto count = static_cast<std::size_t>(input.elements());
  std::uint32_t x = 1;
  const auto next = [&x] {
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    return static_cast<std::int8_t>(x);
  };
  if (input.type == DataType::kInt8) {
    std::vector<std::int8_t> values(count);
    std::generate(values.begin(), values.end(), next);
    network.run(values, workspace);
  } else {
    std::vector<float> values(count);
    std::generate(values.begin(), values.end(), next);
    network.run(values, workspace);
  }
  std::vector<std::byte> bytes;
  for (int output : graph.outputs) {
    const auto values = tensor_bytes(workspace, graph, output);
    bytes.insert(bytes.end(), values.begin(), values.end());
  }
  return bytes;
}

/// What TFLite can express must come back with the same results.
std::string round_trip(const Graph& graph) {
  if (work_of(graph) > kMaxWork) return "large";
  const std::vector<std::byte> expected = outputs_of(graph);
  require(!export_onnx(graph).empty(), "no ONNX");
  const auto exported = export_tflite(graph);
  if (!exported) return "no TFLite";
  const auto back = import_tflite(*exported, "exported");
  require(back.has_value(), "an exported file has unsupported operators");
  require(outputs_of(*back) == expected, "an exported file gives other results");
  return "network";
}

/// The message without what stands for one file alone: numbers and names.
std::string kind_of(const std::string& message) {
  std::istringstream words(message);
  std::string kind;
  for (std::string word; words >> word && kind.size() < 80;) {
    const bool plain = std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    kind += plain ? " " + word : " ?";
  }
  return kind;
}

}  // namespace

std::string import_once(std::span<const std::uint8_t> bytes) {
  try {
    const auto imported = import_tflite(bytes, "fuzz");
    if (!imported) return "unsupported" + kind_of(imported.error().items.at(0).reason);
    std::map<OpType, int> types;
    for (const Operator& op : imported->operators) ++types[op.type];
    std::string outcome = round_trip(*imported);
    for (const auto& [type, count] : types) outcome += std::string(" ") + to_text(type);
    return outcome;
  } catch (const ConfigError& error) {
    require(!error.issues().empty(), "an error without an issue");
    return "refused" + kind_of(error.issues()[0].rule);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fuzz: exception %s\n", error.what());
    std::abort();
  }
}

}  // namespace thimble::test

/// libFuzzer's entry. The bytes must start at a multiple of 8, as FlatTable asks.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> aligned(data, data + size);
  thimble::test::import_once(aligned);
  return 0;
}
