#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/job_context.hpp"
#include "cli/known_answers.hpp"
#include "cli/model.hpp"
#include "deploy/host_executor.hpp"
#include "deploy/inspection.hpp"
#include "graph/base/files.hpp"
#include "graph/base/hash.hpp"
#include "graph/int8_interpreter.hpp"
#include "profiler/probe.hpp"
#include "profiler/provenance.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace thimble {
namespace {

int print_json(const json& document) {
  std::printf("%s\n", document.dump(1).c_str());
  return 0;
}

json inspection_facts(const Inspection& inspection) {
  json layers = json::array();
  for (const LayerInspection& layer : inspection.layers) {
    json arena = json::array();
    for (const ArenaRange& range : layer.arena) arena.push_back({range.begin, range.end});
    layers.push_back({{"name", layer.name},
                      {"op", layer.op},
                      {"macs", layer.macs},
                      {"arena", arena},
                      {"scratch_bytes", layer.scratch_bytes},
                      {"in_place", layer.in_place},
                      {"kernel", layer.kernel}});
  }
  const Footprint& size = inspection.size;
  return {{"macs", inspection.macs},
          {"params", inspection.params},
          {"arena_bytes", size.arena_bytes},
          {"peak_sram_bytes", size.peak_sram_bytes()},
          {"flash_bytes", {{"weights", size.weight_bytes}, {"code", size.code_bytes}, {"total", size.flash_bytes()}}},
          {"arena_lower_bound_bytes", inspection.arena_lower_bound_bytes},
          {"layers", layers},
          {"unsupported", inspection.unsupported}};
}

void print_inspection(const std::string& name, const std::string& board, const json& facts) {
  std::printf("%s for %s\n", name.c_str(), board.c_str());
  std::printf("  MACs    %12ld\n  params  %12ld\n", facts["macs"].get<long>(), facts["params"].get<long>());
  if (!facts["unsupported"].empty()) {
    std::printf("  not supported:\n");
    for (const json& line : facts["unsupported"]) std::printf("    %s\n", line.get<std::string>().c_str());
    return;
  }
  std::printf("  SRAM    %12ld B (arena %ld B, lower bound %ld B)\n", facts["peak_sram_bytes"].get<long>(),
              facts["arena_bytes"].get<long>(), facts["arena_lower_bound_bytes"].get<long>());
  std::printf("  flash   %12ld B (weights %ld B, code %ld B)\n", facts["flash_bytes"]["total"].get<long>(),
              facts["flash_bytes"]["weights"].get<long>(), facts["flash_bytes"]["code"].get<long>());
  for (const json& l : facts["layers"]) {
    const json& out = l["arena"].back();
    std::printf("  %-28s %-28s %10ld MACs  to [%ld, %ld)%s\n", l["name"].get<std::string>().c_str(),
                l["kernel"].get<std::string>().c_str(), l["macs"].get<long>(), out[0].get<long>(), out[1].get<long>(),
                l["in_place"].get<bool>() ? "  in place" : "");
  }
}

CodeInventory inventory_of(const Board& board) { return measure_code(target_of(board), model_cache()); }

/// Folder of the firmware that profile and verify build: one per model and board.
fs::path scratch_firmware(const Model& model, const Board& board) {
  std::string safe = model.name;
  for (char& c : safe)
    if (c == '/' || c == ' ') c = '_';
  return fs::path(model_cache()) / "firmware" / (safe + "-" + board.name);
}

json measurement_facts(const Measurement& m) {
  json layers = json::array();
  for (const LayerMeasurement& layer : m.layers)
    layers.push_back({{"name", layer.name}, {"op", layer.op}, {"macs", layer.macs}, {"cycles", layer.cycles}});
  return {{"board", m.board},
          {"provenance", to_text(m.provenance)},
          {"cycles", m.cycles},
          {"instructions", m.instructions},
          {"latency_us", m.latency_us},
          {"clock_hz", m.clock_hz},
          {"runs", m.runs},
          {"spread", m.spread},
          {"stack_bytes", m.stack_bytes},
          {"layers", layers}};
}

/// What the linker and the known-answer test say of the model as firmware.
void add_firmware_facts(json& facts, const Model& model, const PlannedSubnet& planned, const Board& board,
                        const CodeInventory& inventory) {
  const FirmwareCheck check =
      deploy_and_check(planned, model.graph, board, inventory, model.answers, scratch_firmware(model, board));
  facts["cycles"] = check.cycles;
  facts["instructions"] = check.instructions;
  facts["latency_us"] = static_cast<double>(check.cycles) / board.clock_hz() * 1e6;
  facts["linked_sram_bytes"] = check.linked.sram_bytes;
  facts["linked_flash_bytes"] = check.linked.flash_bytes;
  facts["bit_exact"] = check.bit_exact;
  facts["elf"] = fs::absolute(scratch_firmware(model, board) / "firmware.elf").string();
}

void print_profile(const json& facts) {
  std::printf("%s (%s): %ld cycles, %.3f ms, %d runs, spread %.2f %%, stack %ld B\n",
              facts["board"].get<std::string>().c_str(), facts["provenance"].get<std::string>().c_str(),
              facts["cycles"].get<long>(), facts["latency_us"].get<double>() / 1e3, facts["runs"].get<int>(),
              100 * facts["spread"].get<double>(), facts["stack_bytes"].get<long>());
  if (facts["linked_sram_bytes"].is_number())
    std::printf("linked: SRAM %ld B, flash %ld B, %s\n", facts["linked_sram_bytes"].get<long>(),
                facts["linked_flash_bytes"].get<long>(),
                facts["bit_exact"].get<bool>() ? "bit-exact" : "NOT bit-exact");
  for (const json& l : facts["layers"]) {
    const double macs = l["macs"].get<double>(), cycles = l["cycles"].get<double>();
    std::printf("  %-28s %-20s %10ld MACs %10ld cycles", l["name"].get<std::string>().c_str(),
                l["op"].get<std::string>().c_str(), l["macs"].get<long>(), l["cycles"].get<long>());
    if (macs > 0) std::printf("  %6.2f cycles/MAC", cycles / macs);
    std::printf("\n");
  }
  if (facts["provenance"] == to_text(Provenance::kModelled)) std::printf("%s\n", cycle_model_caveat().c_str());
}

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

void require_supported(const Model& model) {
  if (!model.unsupported.empty()) plan_model(model, {});
}

}  // namespace

int inspect_command(const ModelOptions& options) {
  const Board board = load_board(options.board);
  const Model model = load_model(options.model);
  Inspection inspection;
  inspection.unsupported = model.unsupported;
  if (model.unsupported.empty()) inspection = inspect(model.graph, inventory_of(board));
  const json facts = inspection_facts(inspection);
  if (options.json)
    print_json(facts);
  else
    print_inspection(model.name, board.name, facts);
  return inspection.unsupported.empty() ? 0 : 3;
}

int profile_command(const ModelOptions& options) {
  const Board board = load_board(options.board);
  const Model model = load_model(options.model);
  require_supported(model);
  const auto plan = make_plan(model.graph);
  if (!plan) throw DoesNotFitError(model.name + " cannot be planned: " + to_text(plan.error()));
  const auto measured = make_probe(board)->run(probe_plan(*plan, model.graph), {});
  if (!measured) throw BoardError(board.name + ": " + measured.error().message);
  json facts = measurement_facts(*measured);
  for (const char* key : {"linked_sram_bytes", "linked_flash_bytes", "bit_exact", "elf"}) facts[key] = nullptr;
  if (board.kind() == BoardKind::kVirtual) {
    const CodeInventory inventory = inventory_of(board);
    add_firmware_facts(facts, model, plan_model(model, inventory), board, inventory);
  }
  if (options.json) return print_json(facts);
  print_profile(facts);
  return 0;
}

int deploy_command(const ModelOptions& options) {
  const Board board = load_board(options.board);
  const Model model = load_model(options.model);
  const CodeInventory inventory = inventory_of(board);
  const PlannedSubnet planned = plan_model(model, inventory);
  write_firmware(planned.plan, model.graph, target_of(board), inventory, model.answers, options.out);
  const json facts = {{"model", model.name},
                      {"board", board.name},
                      {"out", options.out},
                      {"peak_sram_bytes", planned.footprint.peak_sram_bytes()},
                      {"flash_bytes", planned.footprint.flash_bytes()}};
  if (options.json) return print_json(facts);
  std::printf("%s for %s: SRAM %ld B, flash %ld B\nnext: make -C %s\n", model.name.c_str(), board.name.c_str(),
              facts["peak_sram_bytes"].get<long>(), facts["flash_bytes"].get<long>(), options.out.c_str());
  return 0;
}

int verify_command(const ModelOptions& options) {
  const Model model = load_model(options.model);
  require_supported(model);
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
