#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "deploy/host_executor.hpp"
#include "graph/base/hash.hpp"
#include "graph/tflite_import.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

std::vector<std::int8_t> read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// CRC-32 of every operator's output for the input of seed 1: lines of "seed op_index name tensor type bytes crc32".
std::map<int, std::uint32_t> read_checksums(const std::filesystem::path& path) {
  std::map<int, std::uint32_t> checksums;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    int seed = 0, op = 0;
    std::string name, tensor, type, bytes, crc;
    if (words >> seed >> op >> name >> tensor >> type >> bytes >> crc && seed == 1)
      checksums[op] = static_cast<std::uint32_t>(std::stoul(crc, nullptr, 16));
  }
  return checksums;
}

/// The runtime ends at the logits: the softmax after them stays with the host.
void drop_last_softmax(Graph& graph) {
  if (graph.operators.back().type != OpType::kSoftmax) return;
  graph.outputs = {graph.operators.back().inputs[0]};
  graph.operators.pop_back();
}

/// Every operator's output in the planned arena against TFLite's reference kernels.
void check_golden(const std::string& model, const std::string& file) {
  const std::filesystem::path folder = test::test_data("golden/" + model);
  THIMBLE_SKIP_WITHOUT(folder, "golden model");
  Result<Graph, UnsupportedOperators> graph = load_tflite((folder / file).string());
  REQUIRE(graph);
  drop_last_softmax(*graph);
  const Result<Plan, PlanError> plan = make_plan(*graph);
  if (!plan) FAIL(to_text(plan.error()));
  HostExecutor executor(*plan, *graph);
  std::vector<std::int8_t> input = read_bytes(folder / "inputs.bin");
  input.resize(static_cast<std::size_t>(plan->input_bytes));
  const std::map<int, std::uint32_t> checksums = read_checksums(folder / "layers.txt");
  REQUIRE_FALSE(checksums.empty());
  executor.run(input, [&](const Step& step, std::span<const std::int8_t> output) {
    INFO(model << " operator " << step.op);
    CHECK(crc32_of(output.data(), output.size()) == checksums.at(step.op));
  });
}

}  // namespace

TEST_CASE("imported networks give TFLite's bits in the planned arena", "[deploy][golden]") {
  check_golden("ad01", "ad01_int8.tflite");
  check_golden("kws", "kws_ref_model.tflite");
  check_golden("resnet_ic", "pretrainedResnet_quant.tflite");
  check_golden("vww96", "vww_96_int8.tflite");
}
