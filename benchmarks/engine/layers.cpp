// engine_layers [--json] [--board BOARD] [TEXT]: modelled cycles of single layers, beside the best that is known of the
// Cortex-M4; BOARD: virtual-m4, or another one.
//
// The shapes and their reference figures are those of the kernel study that this engine answers to: cycles per MAC (per
// element for add, per input for pools) of the best exact int8 kernels known for each shape. TEXT: only layers whose
// name holds it.
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "deploy/plan.hpp"
#include "graph/base/error.hpp"
#include "profiler/probe.hpp"
#include "profiler/probe_plan.hpp"

using namespace thimble;

namespace {

struct Case {
  const char* name;
  OpType type;
  int height, width, in_c, out_c, kernel, stride;
  Activation activation;
  double best;  ///< cycles per unit of work; 0: nobody published one
};

constexpr Activation kRelu = Activation::kRelu6, kNone = Activation::kNone;

const std::vector<Case>& cases() {
  using enum OpType;
  static const std::vector<Case> all = {
      {"pw 48x48x16->32", kConv2D, 48, 48, 16, 32, 1, 1, kRelu, 1.294},
      {"pw 40x40x16->96", kConv2D, 40, 40, 16, 96, 1, 1, kRelu, 1.262},
      {"pw 24x24x8->16", kConv2D, 24, 24, 8, 16, 1, 1, kRelu, 2.059},
      {"pw 20x20x32->16 linear", kConv2D, 20, 20, 32, 16, 1, 1, kNone, 1.371},
      {"pw 20x20x144->24", kConv2D, 20, 20, 144, 24, 1, 1, kRelu, 1.077},
      {"pw 20x20x144->24 linear", kConv2D, 20, 20, 144, 24, 1, 1, kNone, 1.096},
      {"pw 10x10x240->40 linear", kConv2D, 10, 10, 240, 40, 1, 1, kNone, 1.039},
      {"pw 5x5x480->96 linear", kConv2D, 5, 5, 480, 96, 1, 1, kNone, 1.039},
      {"pw 40x40x8->48", kConv2D, 40, 40, 8, 48, 1, 1, kRelu, 0},
      {"pw 40x40x16->8 linear", kConv2D, 40, 40, 16, 8, 1, 1, kNone, 0},
      {"pw 112x112x16->16 linear", kConv2D, 112, 112, 16, 16, 1, 1, kNone, 0},
      {"pw 20x20x16->48", kConv2D, 20, 20, 16, 48, 1, 1, kRelu, 0},
      {"pw 20x20x48->16 linear", kConv2D, 20, 20, 48, 16, 1, 1, kNone, 0},
      {"pw 8x10x32->192", kConv2D, 8, 10, 32, 192, 1, 1, kRelu, 0},
      {"pw 10x10x24->136", kConv2D, 10, 10, 24, 136, 1, 1, kRelu, 0},
      {"pw 24x24x12->48", kConv2D, 24, 24, 12, 48, 1, 1, kRelu, 0},
      {"pw 12x12x24->72", kConv2D, 12, 12, 24, 72, 1, 1, kRelu, 0},
      {"pw 11x11x40->240", kConv2D, 11, 11, 40, 240, 1, 1, kRelu, 0},
      {"pw 6x6x96->512", kConv2D, 6, 6, 96, 512, 1, 1, kRelu, 0},
      {"pw 1x1x512->128", kConv2D, 1, 1, 512, 128, 1, 1, kRelu, 0},
      {"pw 13x13x21->35 linear", kConv2D, 13, 13, 21, 35, 1, 1, kNone, 0},
      {"dw3 40x40x96", kDepthwiseConv2D, 40, 40, 96, 96, 3, 1, kRelu, 1.744},
      {"dw3 48x48x16", kDepthwiseConv2D, 48, 48, 16, 16, 3, 1, kRelu, 1.729},
      {"dw3 24x24x32", kDepthwiseConv2D, 24, 24, 32, 32, 3, 1, kRelu, 1.803},
      {"dw3 12x12x64", kDepthwiseConv2D, 12, 12, 64, 64, 3, 1, kRelu, 1.996},
      {"dw3 6x6x128", kDepthwiseConv2D, 6, 6, 128, 128, 3, 1, kRelu, 2.280},
      {"dw3 3x3x256", kDepthwiseConv2D, 3, 3, 256, 256, 3, 1, kRelu, 3.490},
      {"dw3 25x5x64", kDepthwiseConv2D, 25, 5, 64, 64, 3, 1, kRelu, 2.412},
      {"dw3 15x17x50 linear", kDepthwiseConv2D, 15, 17, 50, 50, 3, 1, kNone, 0},
      {"dw3 10x10x136", kDepthwiseConv2D, 10, 10, 136, 136, 3, 1, kRelu, 0},
      {"dw3 8x10x192", kDepthwiseConv2D, 8, 10, 192, 192, 3, 1, kRelu, 0},
      {"dw3 7x7x576 linear", kDepthwiseConv2D, 7, 7, 576, 576, 3, 1, kNone, 0},
      {"dw3 5x5x192", kDepthwiseConv2D, 5, 5, 192, 192, 3, 1, kRelu, 0},
      {"dw3 4x5x192", kDepthwiseConv2D, 4, 5, 192, 192, 3, 1, kRelu, 0},
      {"dw3 14x14x192 linear", kDepthwiseConv2D, 14, 14, 192, 192, 3, 1, kNone, 0},
      {"dw3 s2 40x40x96", kDepthwiseConv2D, 40, 40, 96, 96, 3, 2, kRelu, 3.071},
      {"dw3 s2 48x48x16", kDepthwiseConv2D, 48, 48, 16, 16, 3, 2, kRelu, 3.020},
      {"dw3 s2 16x16x64", kDepthwiseConv2D, 16, 16, 64, 64, 3, 2, kRelu, 3.546},
      {"dw3 s2 56x56x96", kDepthwiseConv2D, 56, 56, 96, 96, 3, 2, kRelu, 0},
      {"dw3 s2 8x10x128", kDepthwiseConv2D, 8, 10, 128, 128, 3, 2, kRelu, 0},
      {"dw3 s2 7x7x96 linear", kDepthwiseConv2D, 7, 7, 96, 96, 3, 2, kNone, 0},
      {"dw5 20x20x144", kDepthwiseConv2D, 20, 20, 144, 144, 5, 1, kRelu, 1.180},
      {"dw5 11x11x96", kDepthwiseConv2D, 11, 11, 96, 96, 5, 1, kRelu, 0},
      {"dw5 28x28x240", kDepthwiseConv2D, 28, 28, 240, 240, 5, 1, kRelu, 0},
      {"dw5 14x14x256", kDepthwiseConv2D, 14, 14, 256, 256, 5, 1, kRelu, 0},
      {"dw5 10x10x120", kDepthwiseConv2D, 10, 10, 120, 120, 5, 1, kRelu, 0},
      {"dw5 7x7x576", kDepthwiseConv2D, 7, 7, 576, 576, 5, 1, kRelu, 0},
      {"dw5 5x5x192", kDepthwiseConv2D, 5, 5, 192, 192, 5, 1, kRelu, 0},
      {"dw5 4x4x192", kDepthwiseConv2D, 4, 4, 192, 192, 5, 1, kRelu, 0},
      {"dw5 3x3x288 linear", kDepthwiseConv2D, 3, 3, 288, 288, 5, 1, kNone, 0},
      {"dw5 s2 20x20x144", kDepthwiseConv2D, 20, 20, 144, 144, 5, 2, kRelu, 0},
      {"dw5 s2 28x28x240", kDepthwiseConv2D, 28, 28, 240, 240, 5, 2, kRelu, 0},
      {"dw5 s2 5x5x240", kDepthwiseConv2D, 5, 5, 240, 240, 5, 2, kRelu, 0},
      {"dw7 10x10x240", kDepthwiseConv2D, 10, 10, 240, 240, 7, 1, kRelu, 1.036},
      {"dw7 14x14x256", kDepthwiseConv2D, 14, 14, 256, 256, 7, 1, kRelu, 0},
      {"dw7 7x7x240", kDepthwiseConv2D, 7, 7, 240, 240, 7, 1, kRelu, 0},
      {"dw7 5x5x200 linear", kDepthwiseConv2D, 5, 5, 200, 200, 7, 1, kNone, 0},
      {"dw7 3x3x288", kDepthwiseConv2D, 3, 3, 288, 288, 7, 1, kRelu, 0},
      {"dw7 s2 20x20x120", kDepthwiseConv2D, 20, 20, 120, 120, 7, 2, kRelu, 0},
      {"dw7 s2 14x14x384", kDepthwiseConv2D, 14, 14, 384, 384, 7, 2, kRelu, 0},
      {"dw7 s2 10x10x128", kDepthwiseConv2D, 10, 10, 128, 128, 7, 2, kRelu, 0},
      {"conv3 16x16x32->32", kConv2D, 16, 16, 32, 32, 3, 1, kRelu, 0.984},
      {"conv3 32x32x16->16", kConv2D, 32, 32, 16, 16, 3, 1, kRelu, 1.029},
      {"conv3 8x8x64->64", kConv2D, 8, 8, 64, 64, 3, 1, kRelu, 0},
      {"conv3 s2 32x32x16->32", kConv2D, 32, 32, 16, 32, 3, 2, kRelu, 0},
      {"conv3 s2 96x96x3->16", kConv2D, 96, 96, 3, 16, 3, 2, kRelu, 1.399},
      {"conv3 32x32x3->16", kConv2D, 32, 32, 3, 16, 3, 1, kRelu, 0},
      {"conv3 s2 80x80x3->16", kConv2D, 80, 80, 3, 16, 3, 2, kRelu, 0},
      {"conv1 s2 32x32x16->32 linear", kConv2D, 32, 32, 16, 32, 1, 2, kNone, 0},
      {"conv1 s2 16x16x32->64 linear", kConv2D, 16, 16, 32, 64, 1, 2, kNone, 0},
      {"fc 160->1000", kFullyConnected, 1, 1, 160, 1000, 1, 1, kNone, 1.296},
      {"fc 640->128", kFullyConnected, 1, 1, 640, 128, 1, 1, kRelu, 1.265},
      {"fc 128->128", kFullyConnected, 1, 1, 128, 128, 1, 1, kRelu, 1.307},
      {"add 20x20x24", kAdd, 20, 20, 24, 24, 1, 1, kNone, 6.191},
      {"avgpool 5x5x160", kAveragePool2D, 5, 5, 160, 160, 5, 1, kNone, 1.073},
  };
  return all;
}

int add_tensor(Graph& graph, const std::string& name, Shape shape, bool constant = false) {
  Tensor tensor;
  tensor.name = name, tensor.shape = std::move(shape), tensor.constant = constant;
  return graph.add(tensor);
}

/// One layer, without weights: time does not depend on them.
Graph graph_of(const Case& c) {
  Graph graph;
  Operator op;
  op.type = c.type, op.name = c.name, op.activation = c.activation;
  const bool dense = c.type == OpType::kFullyConnected, pool = c.type == OpType::kAveragePool2D;
  op.inputs = {add_tensor(graph, "input", dense ? Shape{1, c.in_c} : Shape{1, c.height, c.width, c.in_c})};
  op.kernel_h = op.kernel_w = c.kernel, op.stride_h = op.stride_w = c.stride;
  const int out_h = pool ? 1 : (c.height + c.stride - 1) / c.stride,
            out_w = pool ? 1 : (c.width + c.stride - 1) / c.stride;
  if (!pool && c.kernel > 1) {
    const int rows = std::max(0, (out_h - 1) * c.stride + c.kernel - c.height);
    const int columns = std::max(0, (out_w - 1) * c.stride + c.kernel - c.width);
    op.padding = {rows / 2, rows - rows / 2, columns / 2, columns - columns / 2};
  }
  if (c.type == OpType::kConv2D)
    op.inputs.push_back(add_tensor(graph, "weights", {c.out_c, c.kernel, c.kernel, c.in_c}, true));
  if (c.type == OpType::kDepthwiseConv2D)
    op.inputs.push_back(add_tensor(graph, "weights", {1, c.kernel, c.kernel, c.in_c}, true));
  if (dense) op.inputs.push_back(add_tensor(graph, "weights", {c.out_c, c.in_c}, true));
  if (op.inputs.size() == 2) op.inputs.push_back(add_tensor(graph, "bias", {c.out_c}, true));
  if (c.type == OpType::kAdd) op.inputs.push_back(op.inputs[0]);
  op.outputs = {add_tensor(graph, "output", dense ? Shape{1, c.out_c} : Shape{1, out_h, out_w, c.out_c})};
  graph.name = c.name;
  graph.operators = {op};
  graph.inputs = {op.inputs[0]};
  graph.outputs = op.outputs;
  return graph;
}

/// MACs; elements of an add, inputs of a pool.
std::int64_t work_of(const Graph& graph) {
  const std::int64_t multiplications = macs(graph);
  return multiplications > 0 ? multiplications : graph.tensor(graph.inputs[0]).elements();
}

nlohmann::json measure_case(Probe& probe, Isa isa, const Case& c) {
  const Graph graph = graph_of(c);
  const Result<Plan, PlanError> plan = make_plan(graph, {.isa = isa});
  if (!plan) throw Error(std::string(c.name) + ": " + to_text(plan.error()));
  const auto measured = probe.run(probe_plan(*plan, graph), {.runs = 1, .per_layer = false});
  if (!measured) throw Error(std::string(c.name) + ": " + measured.error().message);
  const std::int64_t work = work_of(graph);
  const Step& step = *plan->steps().at(0);
  return {{"name", c.name},
          {"kernel", step.kernel_name()},
          {"work", work},
          {"cycles", measured->cycles},
          {"instructions", measured->instructions},
          {"cycles_per_unit", static_cast<double>(measured->cycles) / static_cast<double>(work)},
          {"best", c.best},
          {"scratch_bytes", step.layer.scratch_bytes},
          {"weight_bytes", step.weight_bytes}};
}

void print_case(const nlohmann::json& row) {
  const double cost = row["cycles_per_unit"].get<double>(), best = row["best"].get<double>();
  std::printf("%-26s %-26s %9ld %10ld cycles %7.3f", row["name"].get<std::string>().c_str(),
              row["kernel"].get<std::string>().c_str(), row["work"].get<long>(), row["cycles"].get<long>(), cost);
  if (best > 0) std::printf("  best %6.3f  ratio %5.2f%s", best, cost / best, cost > 1.1 * best ? "  ABOVE 1.1" : "");
  std::printf("  scratch %ld\n", row["scratch_bytes"].get<long>());
}

int run(bool as_json, const char* board_name, const char* text) {
  const Board board = load_board(board_name);
  const std::unique_ptr<Probe> probe = make_probe(board);
  nlohmann::json rows = nlohmann::json::array();
  for (const Case& c : cases()) {
    if (!std::strstr(c.name, text)) continue;
    rows.push_back(measure_case(*probe, isa_of(board.core), c));
    if (!as_json) print_case(rows.back());
  }
  if (as_json) std::printf("%s\n", rows.dump(1).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool as_json = argc > 1 && std::strcmp(argv[1], "--json") == 0;
  int next = 1 + as_json;
  const bool named = argc > next + 1 && std::strcmp(argv[next], "--board") == 0;
  const char* board = named ? argv[next + 1] : "virtual-m4";
  if (named) next += 2;
  const char* text = argc > next ? argv[next] : "";
  try {
    return run(as_json, board, text);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "engine_layers: %s\n", error.what());
    return 1;
  }
}
