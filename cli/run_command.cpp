#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/deploy_stage.hpp"
#include "cli/open_run.hpp"
#include "cli/print_json.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/search_stage.hpp"
#include "cli/space_stage.hpp"
#include "cli/stop.hpp"
#include "cli/sweep/sweep_report.hpp"
#include "cli/train_stage.hpp"
#include "evaluators/latency_model_file.hpp"
#include "graph/base/files.hpp"

using nlohmann::json;

namespace thimble {
namespace {

RunDirectory open_run(const JobOptions& options, const Job& job, JobStage last) {
  const RunSource source{job.name, job.file, job.resolved_yaml, job.space.file, job.target.latency_model};
  if (!options.resume.empty()) return resume_run(options.runs, source, options.resume);
  return last == JobStage::kAll ? begin_run(options.runs, source) : continue_run(options.runs, source);
}

void write_report(const RunDirectory& run) {
  write_file_atomically(run.report(), report_html(read_json(run.space()), read_json(run.training()),
                                                  read_json(run.search()), read_json(run.front_json())));
}

std::string verdict(const json& winner) {
  const std::string cases = std::to_string(winner["known_answers"].get<int>());
  return winner["bit_exact"].get<bool>() ? "bit-exact with the host's int8 reference on " + cases + " test pictures"
                                         : "NOT bit-exact, see log.txt";
}

std::string winner_lines(const json& front) {
  const json& w = front["winner"];
  char text[1024];
  std::snprintf(
      text, sizeof text,
      "winner  %s\n"
      "        top-1 %.1f %% fp32, %.1f %% int8 on %d test pictures; %.2f M MACs; SRAM %ld B and flash %ld B, "
      "predicted = linked\n"
      "        %ld cycles, %.2f ms on %s (%s)\n"
      "        firmware %s\n",
      w["subnet"].get<std::string>().c_str(), 100 * w["top1_fp32"].get<double>(), 100 * w["top1_int8"].get<double>(),
      w["test_images"].get<int>(), w["macs"].get<double>() / 1e6, w["linked_sram_bytes"].get<long>(),
      w["linked_flash_bytes"].get<long>(), w["cycles"].get<long>(), w["latency_us"].get<double>() / 1e3,
      front["board"].get<std::string>().c_str(), w["provenance"].get<std::string>().c_str(), verdict(w).c_str());
  return text;
}

/// 1 where an answer of the board was wrong.
int exit_code_of(const json& front) {
  const bool winner_holds = front["winner"].is_null() || front["winner"]["bit_exact"].get<bool>();
  return winner_holds && answers_hold(front) ? 0 : 1;
}

int show_results(const RunDirectory& run, bool as_json) {
  const json front = read_json(run.front_json());
  if (as_json) {
    print_json(front);
    return exit_code_of(front);
  }
  const std::string table = front_table(front), caveat = caveat_of(front);
  std::printf("\n%sTop-1 of the front is of the validation split, with the supernet's weights.\n\n", table.c_str());
  if (const std::string answers = answers_text(front); !answers.empty()) std::printf("%s\n\n", answers.c_str());
  const bool finished = !front["winner"].is_null();
  if (finished)
    std::printf("%s\nfirmware  %s\nreport    %s\n%s", winner_lines(front).c_str(), run.firmware().c_str(),
                run.report().c_str(), caveat.empty() ? "" : "\n");
  if (!caveat.empty()) std::printf("%s\n", caveat.c_str());
  return exit_code_of(front);
}

/// That which the run began with, where its job names one.
std::optional<LatencyModel> latency_model_of(const JobContext& context) {
  if (context.job().target.latency_model.empty()) return std::nullopt;
  return load_latency_model(context.run().latency_model_copy()).model;
}

/// Space, training, search, deployment: each picks up what an earlier call left.
void run_stages(JobContext& context, JobStage last, Crew& crew) {
  BoardTimes times(make_probe(context.board()), context.run().database(), latency_model_of(context));
  const SearchSpace space = space_stage(context, times);
  if (last == JobStage::kSpace) return;
  const Supernet supernet = train_stage(context, space, crew);
  if (last == JobStage::kTrain) return;
  const SearchResult search = search_stage(context, times, supernet);
  if (last == JobStage::kSearch) return;
  deploy_stage(context, times, supernet, search);
}

}  // namespace

int run_command(const JobOptions& options, JobStage last) {
  const RankPlace place = rank_place();
  const Job job = load_job(options.job, options.settings);  // by all ranks: what is wrong ends them all
  if (place.rank > 0) return follow_rank_0(place);
  Crew crew(place, options.ranks);
  DataSplits data = load_pictures(job, cache_of(options.runs));  // before there is a run: what is wrong shows here
  throw_if_stopped();
  JobContext context(job, open_run(options, job, last), std::move(data));
  context.tell("run: " + context.run().path().string());
  if (!context.run().finished()) run_stages(context, last, crew);
  write_report(context.run());
  if (context.run().finished()) context.run().show_as_latest();
  if (last == JobStage::kSpace || last == JobStage::kTrain) return 0;
  return show_results(context.run(), options.json);
}

int report_command(const std::string& path) {
  const RunDirectory run = RunDirectory::open(path);
  if (const json sweep = read_json(sweep_json(run)); !sweep.is_null())
    write_sweep_reports(run, sweep);
  else
    write_report(run);
  std::printf("%s\n", run.report().c_str());
  return 0;
}

}  // namespace thimble
