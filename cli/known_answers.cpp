#include "cli/known_answers.hpp"

#include <algorithm>

#include "cli/job_context.hpp"
#include "evaluators/int8_accuracy.hpp"
#include "profiler/firmware_run.hpp"
#include "supernet/data/resize.hpp"

namespace thimble {
namespace {

constexpr double kSecondsPerCase = 5, kStartSeconds = 60;

void require_equal(const char* what, std::int64_t predicted, std::int64_t linked) {
  if (predicted != linked)
    throw Error(std::string(what) + " of the firmware was predicted as " + std::to_string(predicted) +
                " B but linked as " + std::to_string(linked) + " B");
}

std::int64_t median(std::vector<std::int64_t> values) {
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

}  // namespace

KnownAnswers known_answers(const Graph& int8_graph, const ImageSet& images, int count, int threads) {
  const int resolution = int8_graph.tensor(int8_graph.inputs.front()).shape.at(1);
  KnownAnswers answers;
  for (int i = 0; i < std::min(count, images.count()); ++i) {
    const auto input = quantized_input(images, i, resolution);
    answers.inputs.insert(answers.inputs.end(), input.begin(), input.end());
  }
  for (const auto& output : int8_outputs(int8_graph, images, count, threads))
    answers.outputs.insert(answers.outputs.end(), output.begin(), output.end());
  return answers;
}

FirmwareCheck deploy_and_check(const PlannedSubnet& planned, const Graph& int8_graph, const Board& board,
                               const CodeInventory& inventory, const KnownAnswers& answers,
                               const std::filesystem::path& folder, const std::vector<std::string>& class_names) {
  const FirmwareProject project =
      firmware_project(planned.plan, int8_graph, target_of(board), inventory, answers, class_names);
  write_project(folder, {int8_graph.name, board.name}, project.files, ChangedFiles::kReplace);
  const auto built = build_firmware(folder);
  if (!built) throw Error(folder.string() + ": the firmware does not build:\n" + built.error().output);
  require_equal("SRAM", planned.footprint.peak_sram_bytes(), built->linked.sram_bytes);
  require_equal("flash", planned.footprint.flash_bytes(), built->linked.flash_bytes);

  FirmwareCheck check;
  check.cases = project.cases;
  check.linked = built->linked;
  const auto run = run_firmware(built->elf, board, kStartSeconds + kSecondsPerCase * check.cases);
  if (!run) throw BoardError(board.name + ": " + unnamed(board.name, run.error().message));
  check.console = run->console;
  check.answered = run->answered;
  check.bit_exact = check.cases > 0 && run->passed && check.answered == check.cases;
  std::vector<std::int64_t> cycles, instructions;
  for (const RegionCount& region : run->regions) {
    cycles.push_back(static_cast<std::int64_t>(region.cycles));
    instructions.push_back(static_cast<std::int64_t>(region.instructions));
  }
  check.cycles = median(cycles);
  check.instructions = median(instructions);
  return check;
}

}  // namespace thimble
