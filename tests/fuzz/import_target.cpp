#include "tests/fuzz/import_target.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <vector>

#include "deploy/host_executor.hpp"
#include "deploy/packed_model.hpp"
#include "deploy/simplify/simplify.hpp"
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

std::vector<std::int8_t> made_up_int8(const Graph& graph) {
  std::vector<std::int8_t> values(static_cast<std::size_t>(graph.tensor(graph.inputs[0]).elements()));
  std::uint32_t x = 1;
  for (std::int8_t& value : values) {
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    value = static_cast<std::int8_t>(x);
  }
  return values;
}

/// The bytes of all outputs for one made-up input.
std::vector<std::byte> outputs_of(const Graph& graph) {
  const Int8Interpreter network(graph);
  Int8Workspace workspace = network.workspace();
  const std::vector<std::int8_t> values = made_up_int8(graph);
  if (graph.tensor(graph.inputs[0]).type == DataType::kInt8) {
    network.run(values, workspace);
  } else {
    network.run(std::vector<float>(values.begin(), values.end()), workspace);
  }
  std::vector<std::byte> bytes;
  for (int output : graph.outputs) {
    const auto written = tensor_bytes(workspace, graph, output);
    bytes.insert(bytes.end(), written.begin(), written.end());
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

std::vector<std::int8_t> int8_of(const std::vector<std::byte>& bytes) {
  std::vector<std::int8_t> values;
  for (std::byte byte : bytes) values.push_back(static_cast<std::int8_t>(byte));
  return values;
}

bool is_int8(const Graph& graph) {
  const auto int8 = [&](int tensor) { return graph.tensor(tensor).type == DataType::kInt8; };
  return int8(graph.inputs[0]) && std::all_of(graph.outputs.begin(), graph.outputs.end(), int8);
}

/// The outputs of the kernels in the planned arena, if they hold the network's numbers.
void check_plan(const Graph& graph, const Plan& plan) {
  if (work_of(graph) > kMaxWork || !packing_problems(plan, graph).empty()) return;
  HostExecutor executor(plan, graph);
  require(executor.run(made_up_int8(graph)) == int8_of(outputs_of(graph)), "the kernels give other results");
}

/// What is sound can be simplified and planned or is refused: nothing throws, no bit changes.
void deploy(const Graph& graph) {
  const Graph simple = simplify(graph).graph;
  const auto plan = make_plan(graph), simple_plan = make_plan(simple);
  require(simple_plan.has_value() || !plan.has_value(), "a network that can be planned cannot when simplified");
  if (!is_int8(graph)) return;
  if (work_of(graph) <= kMaxWork)
    require(outputs_of(simple) == outputs_of(graph), "simplified, it gives other results");
  if (plan) check_plan(graph, *plan);
  if (simple_plan) check_plan(simple, *simple_plan);
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
    deploy(*imported);
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
