#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/board_state_facts.hpp"
#include "cli/commands.hpp"
#include "cli/job_context.hpp"
#include "cli/known_answers.hpp"
#include "cli/model.hpp"
#include "cli/print_json.hpp"
#include "deploy/inspection.hpp"
#include "deploy/template_text.hpp"
#include "evaluators/limits.hpp"
#include "profiler/probe.hpp"
#include "profiler/provenance.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace thimble {
namespace {

json inspection_facts(const Inspection& inspection) {
  json layers = json::array();
  for (const LayerInspection& layer : inspection.layers) {
    json arena = json::array();
    for (const ArenaRange& range : layer.arena) arena.push_back({range.begin, range.end});
    layers.push_back({{"name", layer.name},
                      {"op", layer.op},
                      {"macs", layer.macs},
                      {"in_shapes", layer.in_shapes},
                      {"out_shape", layer.out_shape},
                      {"window", layer.window ? json{layer.window->height, layer.window->width} : json()},
                      {"stride", layer.window ? json{layer.window->stride_h, layer.window->stride_w} : json()},
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

/// What was done to an imported model before it was planned; all zero for a subnet.
json simplification_facts(const SimplifyReport& r) {
  json layers = json::array();
  for (const LayerChannels& layer : r.layers)
    layers.push_back(
        {{"name", layer.name}, {"channels_before", layer.channels_before}, {"channels_after", layer.channels_after}});
  return {{"float_edges", r.float_edges},
          {"folded_pads", r.folded_pads},
          {"cropped_windows", r.cropped_windows},
          {"identities", r.identities},
          {"sunk_transposes", r.sunk_transposes},
          {"constant_operators", r.constant_operators},
          {"unused_operators", r.unused_operators},
          {"filters", r.filters},
          {"zero_filters", r.zero_filters},
          {"removed_filters", r.removed_filters},
          {"odd_layers", r.odd_layers},
          {"reordered", r.reordered},
          {"macs_before", r.macs_before},
          {"macs_after", r.macs_after},
          {"params_before", r.params_before},
          {"params_after", r.params_after},
          {"layers", layers}};
}

void print_simplification(const SimplifyReport& report) {
  std::istringstream lines(to_text(report));
  for (std::string line; std::getline(lines, line);) std::printf("  simplified: %s\n", line.c_str());
}

/// "48x48x3": a shape without its batch of one.
std::string shape_text(const json& shape) {
  std::string text;
  for (std::size_t i = shape.size() > 1 ? 1 : 0; i < shape.size(); ++i)
    text += (text.empty() ? "" : "x") + std::to_string(shape[i].get<int>());
  return text;
}

/// "48x48x3 -> 24x24x16, 3x3 s2"
std::string geometry_text(const json& layer) {
  std::string text;
  for (const json& shape : layer["in_shapes"]) text += (text.empty() ? "" : " + ") + shape_text(shape);
  text += " -> " + shape_text(layer["out_shape"]);
  if (layer["window"].is_null()) return text;
  const auto both = [](const json& pair) { return std::pair(pair[0].get<int>(), pair[1].get<int>()); };
  const auto [height, width] = both(layer["window"]);
  const auto [stride_h, stride_w] = both(layer["stride"]);
  text += ", " + std::to_string(height) + "x" + std::to_string(width) + " s" + std::to_string(stride_h);
  return stride_h == stride_w ? text : text + "x" + std::to_string(stride_w);
}

void print_inspection(const std::string& name, const std::string& board, const json& facts,
                      const SimplifyReport& simplified) {
  std::printf("%s for %s\n", name.c_str(), board.c_str());
  print_simplification(simplified);
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
  if (!facts["does_not_fit"].is_null())
    std::printf("  does not fit: %s\n", facts["does_not_fit"].get<std::string>().c_str());
  for (const json& l : facts["layers"]) {
    const json& out = l["arena"].back();
    std::printf("  %-28s %-36s %-28s %10ld MACs  to [%ld, %ld)%s\n", l["name"].get<std::string>().c_str(),
                geometry_text(l).c_str(), l["kernel"].get<std::string>().c_str(), l["macs"].get<long>(),
                out[0].get<long>(), out[1].get<long>(), l["in_place"].get<bool>() ? "  in place" : "");
  }
}

json measurement_facts(const Board& board, const Measurement& m) {
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
          {"cache", to_text(m.cache)},
          {"energy_uj", m.energy_uj ? json(*m.energy_uj) : json()},
          {"board_state", board_state_facts(board, m.state)},
          {"layers", layers}};
}

/// What the linker and the known-answer test say of the model as firmware.
void add_firmware_facts(json& facts, const Model& model, const PlannedSubnet& planned, const Board& board,
                        const CodeInventory& inventory, const fs::path& folder) {
  const FirmwareCheck check = deploy_and_check(planned, model.deployed, board, inventory, model.answers, folder);
  facts["cycles"] = check.cycles;
  facts["instructions"] = check.instructions;
  facts["latency_us"] = static_cast<double>(check.cycles) / board.clock_hz() * 1e6;
  facts["linked_sram_bytes"] = check.linked.sram_bytes;
  facts["linked_flash_bytes"] = check.linked.flash_bytes;
  facts["bit_exact"] = check.bit_exact;
  facts["elf"] = fs::absolute(folder / "firmware.elf").string();
}

/// What the caches hold before each run.
std::string caches_text(const Board& board, const std::string& cache) {
  if (board.kind() == BoardKind::kHost) return "a run that is not timed";
  return cache == "none" ? "no caches to warm" : cache + " caches";
}

void print_profile(const json& facts, const Board& board) {
  std::printf("%s (%s): %ld cycles, %.3f ms, %d runs, spread %.2f %%, stack %ld B\n",
              facts["board"].get<std::string>().c_str(), facts["provenance"].get<std::string>().c_str(),
              facts["cycles"].get<long>(), facts["latency_us"].get<double>() / 1e3, facts["runs"].get<int>(),
              100 * facts["spread"].get<double>(), facts["stack_bytes"].get<long>());
  std::printf("board: %s; before each run: %s\n", facts["board_state"]["text"].get<std::string>().c_str(),
              caches_text(board, facts["cache"].get<std::string>()).c_str());
  if (facts["energy_uj"].is_number())
    std::printf("energy: %.3f uJ an inference, by %s's meter\n", facts["energy_uj"].get<double>(),
                facts["board"].get<std::string>().c_str());
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
  if (facts["provenance"] == to_text(Provenance::kModelled))
    std::printf("%s\n", cycle_model_caveat(board.core).c_str());
}

Inspection inspected(const Model& model, const Board& board, const PlanOptions& wanted) {
  const CodeInventory inventory = inventory_of(board, wanted.mode);
  const MemoryLimits limits = memory_limits(board);
  return inspect(model.deployed, inventory, within_flash_budget(model, inventory, wanted, limits), limits);
}

/// Which of the board's memories is too small, and by how much; "" where none is.
std::string misfit(const Board& board, const Footprint& size) {
  const Limits limits{static_cast<double>(board.ram_size_kb), static_cast<double>(board.flash_size_kb), 0};
  return check(limits, {size.peak_sram_bytes(), size.flash_bytes(), {}}).reason;
}

}  // namespace

int inspect_command(const ModelOptions& options) {
  const Board board = load_board(options.board);
  const Model model = load_model(options.model);
  Inspection inspection;
  inspection.unsupported = model.unsupported;
  const PlanOptions wanted = plan_options(options);
  if (model.unsupported.empty()) inspection = inspected(model, board, wanted);
  json facts = inspection_facts(inspection);
  facts["simplified"] = simplification_facts(model.simplified);
  const std::string too_large = misfit(board, inspection.size);
  facts["does_not_fit"] = too_large.empty() ? json() : json(too_large);
  if (options.json)
    print_json(facts);
  else
    print_inspection(model.name, board.name, facts, model.simplified);
  return inspection.unsupported.empty() && too_large.empty() ? 0 : 3;
}

int profile_command(const ModelOptions& options) {
  const Board board = load_board(options.board);
  if (board.kind() == BoardKind::kHost && cache_state_from_text(options.cache) == CacheState::kCold)
    throw ConfigError({{"", 0, 0, "--cache", options.cache, "must be warm: this computer's caches cannot be emptied"}});
  const Model model = load_model(options.model);
  model.require_imported();
  const PlanOptions wanted = plan_options(options);
  const bool builds = board.kind() == BoardKind::kVirtual;
  const bool has_sizes = builds || (board.kind() == BoardKind::kHardware && wanted.flash_budget_bytes > 0);
  const CodeInventory inventory = has_sizes ? inventory_of(board, wanted.mode) : CodeInventory{};
  const PlannedSubnet planned =
      has_sizes ? plan_model(model, inventory, wanted, memory_limits(board)) : plan_without_sizes(model, wanted);
  const auto measured =
      make_probe(board)->run(probe_plan(planned.plan, model.deployed), {.cache = cache_state_from_text(options.cache)});
  if (!measured) throw BoardError(board.name + ": " + unnamed(board.name, measured.error().message));
  json facts = measurement_facts(board, *measured);
  for (const char* key : {"linked_sram_bytes", "linked_flash_bytes", "bit_exact", "elf"}) facts[key] = nullptr;
  if (builds) add_firmware_facts(facts, model, planned, board, inventory, scratch_firmware(model, board, wanted));
  if (options.json)
    print_json(facts);
  else
    print_profile(facts, board);
  return facts["bit_exact"] == false ? 1 : 0;
}

}  // namespace thimble
