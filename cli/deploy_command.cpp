#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/known_answers.hpp"
#include "cli/model.hpp"
#include "cli/output_place.hpp"
#include "cli/print_json.hpp"
#include "deploy/template_text.hpp"
#include "profiler/board_target.hpp"

using nlohmann::json;

namespace thimble {
namespace {

void print(const json& facts) {
  std::printf("%s for %s: SRAM %ld B, flash %ld B\n", facts["model"].get<std::string>().c_str(),
              facts["board"].get<std::string>().c_str(), facts["peak_sram_bytes"].get<long>(),
              facts["flash_bytes"].get<long>());
  const int cases = facts["known_answers"].get<int>(), all = facts["known_answers_offered"].get<int>();
  if (cases < all)
    std::printf("known-answer test: the first %d cases of %d, as many as the board's flash has room for\n", cases, all);
  std::printf("next: make -C %s\n", shell_text(facts["out"].get<std::string>()).c_str());
}

/// On standard error, beside any JSON.
void warn_of_script(const Board& board, const Target& target, const std::string& out) {
  if (board.kind() != BoardKind::kHardware || flashing_script(target) == target.openocd_config) return;
  const std::string why = target.openocd_config.empty()
                              ? board.name + " names no openocd_config"
                              : "make cannot take openocd_config = " + target.openocd_config + " of " + board.name;
  std::fprintf(stderr, "%s: the Makefile says BOARD.cfg; flash with: make -C %s flash OPENOCD_CONFIG=SCRIPT\n",
               why.c_str(), shell_text(out).c_str());
}

}  // namespace

int deploy_command(const ModelOptions& options) {
  require_place(options.out);
  const Board board = load_board(options.board);
  const Model model = load_model(options.model);
  const PlanOptions wanted = plan_options(options);
  const CodeInventory inventory = inventory_of(board, wanted.mode);
  const PlannedSubnet planned = plan_model(model, inventory, wanted, memory_limits(board));
  const Target target = target_of(board);
  const FirmwareProject project =
      firmware_project(planned.plan, model.deployed, target, inventory, model.answers, model.class_names);
  write_project(options.out, {model.name, board.name}, project.files,
                options.force ? ChangedFiles::kReplace : ChangedFiles::kRefuse);
  warn_of_script(board, target, options.out);
  const auto offered = static_cast<std::int64_t>(model.answers.inputs.size()) / planned.plan.input_bytes;
  const json facts = {{"model", model.name},
                      {"board", board.name},
                      {"out", options.out},
                      {"peak_sram_bytes", planned.footprint.peak_sram_bytes()},
                      {"flash_bytes", planned.footprint.flash_bytes()},
                      {"known_answers", project.cases},
                      {"known_answers_offered", offered}};
  if (options.json) return print_json(facts);
  print(facts);
  return 0;
}

}  // namespace thimble
