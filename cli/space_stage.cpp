#include "cli/space_stage.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/progress.hpp"
#include "cli/stop.hpp"
#include "deploy/target.hpp"
#include "evaluators/board_planner.hpp"
#include "evaluators/fit_check.hpp"
#include "search/strategy/space_optimizer.hpp"

using nlohmann::json;

namespace thimble {
namespace {

constexpr int kFirstBoardRuns = 12;  ///< random subnets that the latency model starts from
constexpr std::uint64_t kFirstRunsStream = 0x66697273;

/// Random subnets over all resolutions and widths, run on the board.
void run_first_subnets(const JobContext& context, const SubnetPlanner& planner, BoardTimes& times) {
  Progress bar("first runs on " + times.board().name, kFirstBoardRuns);
  for (int i = 0; i < kFirstBoardRuns; ++i) {
    throw_if_stopped();
    Rng rng{context.job().seed, kFirstRunsStream, static_cast<std::uint64_t>(i)};
    const auto planned = planner.plan(sample(planner.space(), rng));
    if (!planned) throw Error("a subnet of the space cannot be planned: " + to_text(planned.error()));
    if (const auto run = times.measure(*planned); !run)
      throw BoardError(times.board().name + ": a first run failed: " + run.error().message);
    bar.update(i + 1);
  }
  times.refit();
}

std::string limits_text(const Limits& limits) {
  char text[128];
  std::snprintf(text, sizeof text, "target.sram_kb = %g, flash_kb = %g, latency_ms = %g", limits.sram_kb,
                limits.flash_kb, limits.latency_ms);
  return text;
}

json score_facts(const SpaceScore& score, const SearchSpace& kept) {
  json points = json::array();
  for (const CdfPoint& p : cdf(score)) points.push_back({p.macs, p.share});
  const auto holds = [](const auto& list, auto value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  return {{"resolution", score.resolution},
          {"width_multiplier", score.width_multiplier},
          {"samples", score.samples},
          {"fits_share", score.share()},
          {"mean_macs", score.mean_macs},
          {"kept", holds(kept.resolutions, score.resolution) && holds(kept.width_multipliers, score.width_multiplier)},
          {"cdf", points}};
}

/// The pruned space; where nothing fits, says which limits of the job those are.
SearchSpace prune_named(const JobContext& context, const std::vector<SpaceScore>& ranking) {
  try {
    return prune(context.job().search_space, ranking, context.job().space.keep);
  } catch (const DoesNotFitError& e) {
    throw DoesNotFitError(context.job().file.string() + ": " + limits_text(context.limits()) + ": " + e.what());
  }
}

json space_facts(const JobContext& context, const std::vector<SpaceScore>& ranking, const SearchSpace& kept) {
  json spaces = json::array();
  for (const SpaceScore& score : ranking) spaces.push_back(score_facts(score, kept));
  const Limits& limits = context.limits();
  return {{"space", kept.name},
          {"limits", {{"sram_kb", limits.sram_kb}, {"flash_kb", limits.flash_kb}, {"latency_ms", limits.latency_ms}}},
          {"resolutions", kept.resolutions},
          {"width_multipliers", kept.width_multipliers},
          {"log10_subnets", log10_size(kept)},
          {"spaces", spaces}};
}

}  // namespace

SearchSpace pruned_space(const SearchSpace& whole, const json& facts) {
  SearchSpace space = whole;
  space.resolutions = facts["resolutions"].get<std::vector<int>>();
  space.width_multipliers = facts["width_multipliers"].get<std::vector<double>>();
  return space;
}

CodeInventory code_inventory(const JobContext& context) {
  return measure_code(target_of(context.board()), context.cache(), plan_mode(context.job().deploy.mode));
}

SubnetPlanner subnet_planner(const JobContext& context, const SearchSpace& space) {
  const Limits& limits = context.limits();
  const MemoryLimits memory = memory_limits(context.board(), limits.sram_kb, limits.flash_kb);
  return board_planner(space, context.board(), context.job().deploy.mode, memory, context.cache());
}

SearchSpace space_stage(JobContext& context, BoardTimes& times) {
  const Job& job = context.job();
  const SubnetPlanner planner = subnet_planner(context, job.search_space);
  if (!times.predicts()) run_first_subnets(context, planner, times);
  if (const json facts = read_json(context.run().space()); !facts.is_null())
    return pruned_space(job.search_space, facts);

  const auto pairs = job.search_space.resolutions.size() * job.search_space.width_multipliers.size();
  Progress bar("space: pairs of resolution and width", static_cast<std::int64_t>(pairs));
  SpaceOptimizerOptions options;
  options.samples = job.space.samples;
  options.seed = job.seed;
  options.threads = job.threads;
  options.progress = [&bar](int done, int) { throw_if_stopped(), bar.update(done); };
  const std::vector<SpaceScore> ranking =
      rank_spaces(job.search_space, fit_check(planner, context.limits(), &times), options);
  const SearchSpace kept = prune_named(context, ranking);
  write_json(context.run().space(), space_facts(context, ranking, kept));
  return kept;
}

}  // namespace thimble
