#include <algorithm>
#include <filesystem>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/known_answers.hpp"
#include "cli/model.hpp"
#include "cli/print_json.hpp"
#include "deploy/host_executor.hpp"
#include "graph/base/files.hpp"
#include "graph/base/hash.hpp"
#include "graph/int8_interpreter.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace thimble {
namespace {

std::vector<std::int8_t> read_tensors(const std::string& file) {
  if (!fs::exists(file)) throw ConfigError({{"", 0, 0, "file", file, "no such file"}});
  const std::string bytes = read_file(file);
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
Verdict verify_on_host(const Model& model, const KnownAnswers& expected) {
  auto plan = make_plan(model.graph);
  if (!plan) throw DoesNotFitError(model.name + " cannot be planned: " + to_text(plan.error()));
  HostExecutor executor(*plan, model.graph);
  const auto in = static_cast<std::size_t>(plan->input_bytes), out = static_cast<std::size_t>(plan->output_bytes);
  Verdict verdict{static_cast<int>(expected.inputs.size() / in)};
  for (int i = 0; i < verdict.cases; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const auto got = executor.run(std::span<const std::int8_t>(expected.inputs).subspan(at * in, in));
    verdict.count(std::equal(got.begin(), got.end(), expected.outputs.begin() + static_cast<std::ptrdiff_t>(at * out)),
                  i);
  }
  return verdict;
}

/// The firmware on a virtual board: it stops at the first case that differs.
Verdict verify_on_board(const Model& model, const KnownAnswers& expected, const Board& board) {
  const CodeInventory inventory = inventory_of(board);
  const PlannedSubnet planned = plan_model(model, inventory);
  const FirmwareCheck check =
      deploy_and_check(planned, model.graph, board, inventory, expected, scratch_firmware(model, board));
  Verdict verdict{check.cases};
  if (check.bit_exact) return verdict;
  const std::string mark = "KAT FAIL ";
  const std::size_t at = check.console.find(mark);
  if (at == std::string::npos) throw BoardError(board.name + ": the firmware gave no verdict:\n" + check.console);
  verdict.count(false, std::atoi(check.console.c_str() + at + mark.size()));
  return verdict;
}

/// Lines of a layers file: seed, operator index, name, tensor, type, bytes, crc32.
Verdict verify_layers(const Model& model, const KnownAnswers& cases, const std::string& file) {
  std::istringstream lines(read_file(file));
  const Int8Interpreter network(model.graph);
  Int8Workspace workspace = network.workspace();
  const auto bytes = static_cast<std::size_t>(model.graph.tensor(model.graph.inputs.front()).elements());
  Verdict verdict;
  std::string seed, previous, op, name, tensor, type, size, crc;
  std::size_t input = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    if (line.empty() || line[0] == '#' || !(fields >> seed >> op >> name >> tensor >> type >> size >> crc)) continue;
    if (seed != previous) {
      if ((input + 1) * bytes > cases.inputs.size()) break;
      network.run(std::span<const std::int8_t>(cases.inputs).subspan(input++ * bytes, bytes), workspace);
      previous = seed;
    }
    const auto values = tensor_bytes(workspace, model.graph, std::stoi(tensor));
    const auto found = crc32_of(values.data(), values.size());
    verdict.count(found == static_cast<std::uint32_t>(std::stoul(crc, nullptr, 16)), verdict.cases++);
  }
  return verdict;
}

KnownAnswers expected_answers(const Model& model, const ModelOptions& options) {
  if (options.inputs.empty()) return model.answers;
  KnownAnswers answers = reference_answers(model.graph, read_tensors(options.inputs));
  if (options.outputs.empty()) return answers;
  auto outputs = read_tensors(options.outputs);
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
  return board.kind() == BoardKind::kHost ? verify_on_host(model, expected) : verify_on_board(model, expected, board);
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
