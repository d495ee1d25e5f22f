#include "cli/sweep/sweep_answers.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/known_answers.hpp"
#include "cli/model.hpp"
#include "cli/progress.hpp"
#include "cli/stop.hpp"
#include "graph/base/files.hpp"
#include "profiler/board_target.hpp"

using nlohmann::json;

namespace thimble {
namespace {

/// The fastest rows of each type of board.
std::vector<const json*> promoted(const json& facts, int count) {
  std::map<std::string, std::vector<const json*>> by_type;
  for (const json& row : facts["results"])
    if (row["state"] == "done") by_type[row["board_type"]].push_back(&row);
  std::vector<const json*> best;
  for (auto& [type, rows] : by_type) {
    std::stable_sort(rows.begin(), rows.end(), [](const json* a, const json* b) {
      return (*a)["latency_us"].get<double>() < (*b)["latency_us"].get<double>();
    });
    rows.resize(std::min(rows.size(), static_cast<std::size_t>(count)));
    best.insert(best.end(), rows.begin(), rows.end());
  }
  return best;
}

/// One of the type that the sweep has not lost.
const Board* board_for(const SweepJob& job, const json& facts, const std::string& type) {
  for (const FarmBoard& unit : job.boards) {
    const auto is_unit = [&](const json& b) { return b["name"] == unit.name; };
    const auto state = std::find_if(facts["boards"].begin(), facts["boards"].end(), is_unit);
    const std::string word = state == facts["boards"].end() ? "" : state->value("state", "");
    if (unit.board.type() == type && word != "quarantined" && word != "barred") return &unit.board;
  }
  return nullptr;
}

/// @error BoardError, Error  as deploy_and_check
FirmwareCheck answers_of(const SweepTasks& tasks, const std::string& subnet, const Board& board,
                         const CodeInventory& inventory) {
  const Model model = with_random_weights(tasks.graph_of(subnet));
  const auto planned = tasks.plan_with_weights(model.graph, board);
  THIMBLE_CHECK(planned.has_value(), "a subnet that was measured has a plan");
  const TemporaryFolder folder;
  return deploy_and_check(*planned, model.deployed, board, inventory, model.answers, folder.path());
}

/// A verdict where the firmware ran; else why there is none: that says nothing of the answers.
json asked(const SweepTasks& tasks, json row, const Board& board, const std::filesystem::path& cache, PlanMode mode) {
  try {
    const FirmwareCheck check = answers_of(tasks, row["subnet"], board, measure_code(target_of(board), cache, mode));
    if (!check.bit_exact) throw_if_stopped();  // Ctrl-C ends emulators, too
    row["cases"] = check.cases;
    row["bit_exact"] = check.bit_exact;
    row["message"] = check.bit_exact ? "" : check.console;
  } catch (const std::exception& error) {  // it must not cost the others theirs
    row["message"] = std::string("not asked: ") + error.what();
  }
  return row;
}

/// The answer that an earlier end of the sweep got; null where a board gave none.
json known(const json& before, const json& row) {
  for (const json& old : before)
    if (old["subnet"] == row["subnet"] && old["board_type"] == row["board_type"] &&
        old["kernel_library_version"] == row["kernel_library_version"] && !old["bit_exact"].is_null() &&
        old["cases"].get<int>() > 0)
      return old;
  return nullptr;
}

json unasked(const json& result) {
  return {{"subnet", result["subnet"]},
          {"board_type", result["board_type"]},
          {"board", nullptr},
          {"kernel_library_version", result["kernel_library_version"]},
          {"cases", 0},
          {"bit_exact", nullptr},
          {"message", ""}};
}

}  // namespace

json sweep_answers(const SweepJob& job, const SweepTasks& tasks, const json& facts, const json& before,
                   const std::filesystem::path& cache) {
  const PlanMode mode = job.mode == "size" ? PlanMode::kSize : PlanMode::kSpeed;
  const std::vector<const json*> results = promoted(facts, job.known_answers);
  json answers = json::array();
  Progress bar("known answers", static_cast<std::int64_t>(results.size()));
  for (const json* result : results) {
    json row = unasked(*result);
    const Board* board = board_for(job, facts, row["board_type"]);
    if (board) row["board"] = board->name;
    if (const json old = known(before, row); !old.is_null())
      row = old;
    else if (stop_flag())
      row["message"] = "not asked: interrupted";
    else if (board)
      row = asked(tasks, row, *board, cache, mode);
    else
      row["message"] = "not asked: no board of the type is left";
    answers.push_back(row);
    bar.update(static_cast<std::int64_t>(answers.size()));
  }
  return answers;
}

bool sweep_answers_hold(const json& answers) {
  return std::none_of(answers.begin(), answers.end(), [](const json& row) { return row["bit_exact"] == false; });
}

bool sweep_answers_given(const json& answers) {
  return std::none_of(answers.begin(), answers.end(),
                      [](const json& row) { return row["bit_exact"].is_null() && !row["board"].is_null(); });
}

}  // namespace thimble
