#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/known_answers.hpp"
#include "cli/model.hpp"
#include "cli/print_json.hpp"
#include "cli/reference_answers.hpp"
#include "deploy/host_executor.hpp"
#include "graph/base/files.hpp"
#include "graph/base/hash.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace thimble {
namespace {

const std::string& existing(const std::string& file, const char* option) {
  if (!fs::is_regular_file(file)) throw ConfigError({{"", 0, 0, option, file, "no such file"}});
  return file;
}

std::vector<std::int8_t> read_tensors(const std::string& file, const char* option) {
  const std::string bytes = read_file(existing(file, option));
  return {bytes.begin(), bytes.end()};
}

struct Verdict {
  int cases = 0, mismatches = 0, first_mismatch = -1;

  void count(bool equal, int index) {
    if (equal) return;
    if (mismatches++ == 0) first_mismatch = index;
  }
};

/// The kernels of the host, case by case, against the expected outputs.
Verdict verify_on_host(const Model& model, const KnownAnswers& expected, const PlanOptions& wanted) {
  const Plan plan = plan_without_sizes(model, wanted).plan;
  HostExecutor executor(plan, model.deployed);
  const auto in = static_cast<std::size_t>(plan.input_bytes), out = static_cast<std::size_t>(plan.output_bytes);
  Verdict verdict{static_cast<int>(expected.inputs.size() / in)};
  for (int i = 0; i < verdict.cases; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const auto got = executor.run(std::span<const std::int8_t>(expected.inputs).subspan(at * in, in));
    verdict.count(std::equal(got.begin(), got.end(), expected.outputs.begin() + static_cast<std::ptrdiff_t>(at * out)),
                  i);
  }
  return verdict;
}

/// The firmware on a virtual board; it names every case that differs.
Verdict verify_on_board(const Model& model, const KnownAnswers& expected, const Board& board,
                        const PlanOptions& wanted) {
  const CodeInventory inventory = inventory_of(board, wanted.mode);
  const PlannedSubnet planned = plan_model(model, inventory, wanted, memory_limits(board));
  const FirmwareCheck check =
      deploy_and_check(planned, model.deployed, board, inventory, expected, scratch_firmware(model, board, wanted));
  Verdict verdict{check.cases};
  if (check.bit_exact) return verdict;
  const std::string mark = "KAT FAIL ";
  std::size_t at = check.console.find(mark);
  if (at == std::string::npos || check.answered != check.cases)
    throw BoardError(board.name + ": the firmware gave no verdict:\n" + check.console);
  for (; at != std::string::npos; at = check.console.find(mark, at + 1))
    verdict.count(false, std::atoi(check.console.c_str() + at + mark.size()));
  return verdict;
}

/// A line of a layers file: which operator output of which case has which CRC-32.
struct LayerLine {
  std::string seed;
  int tensor = 0;
  std::uint32_t crc = 0;
};

/// Fields: seed, operator index, name, tensor, type, bytes, crc32. Nothing where they are not of that form.
std::optional<LayerLine> parse_layer_line(const std::string& line, std::size_t tensors) {
  std::istringstream fields(line);
  LayerLine result;
  std::string op, name, type, size;
  if (!(fields >> result.seed >> op >> name >> result.tensor >> type >> size >> std::hex >> result.crc)) return {};
  if (result.tensor < 0 || static_cast<std::size_t>(result.tensor) >= tensors) return {};
  return result;
}

[[noreturn]] void refuse_line(const std::string& file, int line, const std::string& text, const std::string& rule) {
  throw ConfigError({{file, line, line > 0 ? 1 : 0, "", text, rule}});
}

Verdict verify_layers(const Model& model, const KnownAnswers& cases, const std::string& file) {
  std::istringstream lines(read_file(existing(file, "--layers")));
  ReferenceNetwork network(model.graph);
  const std::size_t bytes = network.input_bytes();
  Verdict verdict;
  std::string seed;
  std::size_t input = 0;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const auto expected = parse_layer_line(line, model.graph.tensors.size());
    if (!expected) refuse_line(file, number, line, "must be: seed operator name tensor type bytes crc32");
    if (expected->seed != seed) {
      if ((input + 1) * bytes > cases.inputs.size()) refuse_line(file, number, line, "there is no input for this seed");
      network.run(std::span<const std::int8_t>(cases.inputs).subspan(input++ * bytes, bytes));
      seed = expected->seed;
    }
    const auto values = tensor_bytes(network.values(), model.graph, expected->tensor);
    verdict.count(crc32_of(values.data(), values.size()) == expected->crc, verdict.cases++);
  }
  if (verdict.cases == 0) refuse_line(file, 0, "", "has no layers to compare");
  return verdict;
}

KnownAnswers expected_answers(const Model& model, const ModelOptions& options) {
  KnownAnswers answers =
      options.inputs.empty() ? model.answers : reference_answers(model.graph, read_tensors(options.inputs, "--inputs"));
  if (options.outputs.empty()) return answers;
  auto outputs = read_tensors(options.outputs, "--outputs");
  if (outputs.size() != answers.outputs.size()) {
    throw ConfigError({{"", 0, 0, "--outputs", std::to_string(outputs.size()) + " bytes",
                        "must be " + std::to_string(answers.outputs.size()) + " bytes: the outputs of all inputs"}});
  }
  answers.outputs = std::move(outputs);
  return answers;
}

Verdict verify(const Model& model, const KnownAnswers& expected, const ModelOptions& options) {
  if (!options.layers_file.empty()) return verify_layers(model, expected, options.layers_file);
  const Board board = load_board(options.board);
  const PlanOptions wanted = plan_options(options);
  return board.kind() == BoardKind::kHost ? verify_on_host(model, expected, wanted)
                                          : verify_on_board(model, expected, board, wanted);
}

}  // namespace

int verify_command(const ModelOptions& options) {
  const Model model = load_model(options.model);
  model.require_imported();
  const Verdict verdict = verify(model, expected_answers(model, options), options);
  const json facts = {{"cases", verdict.cases},
                      {"mismatches", verdict.mismatches},
                      {"first_mismatch", verdict.mismatches ? json(verdict.first_mismatch) : json()}};
  if (options.json)
    print_json(facts);
  else if (verdict.mismatches == 0)
    std::printf("%d cases, all equal\n", verdict.cases);
  else
    std::printf("%d cases, %d differ, the first is %d\n", verdict.cases, verdict.mismatches, verdict.first_mismatch);
  return verdict.mismatches == 0 ? 0 : 1;
}

}  // namespace thimble
