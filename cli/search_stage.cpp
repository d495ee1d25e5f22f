#include "cli/search_stage.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/search_accuracy.hpp"
#include "cli/space_stage.hpp"
#include "cli/stop.hpp"
#include "evaluators/accuracy_evaluator.hpp"
#include "evaluators/cached_evaluator.hpp"
#include "evaluators/fit_check.hpp"
#include "evaluators/latency_evaluator.hpp"
#include "evaluators/macs_evaluator.hpp"
#include "evaluators/memory_evaluator.hpp"
#include "graph/base/files.hpp"
#include "graph/base/hash.hpp"
#include "search/strategy/evolution.hpp"
#include "search/strategy/pareto.hpp"
#include "search/strategy/random_search.hpp"

using nlohmann::json;

namespace thimble {
namespace {

const std::vector<Objective>& front_objectives() {
  static const std::vector<Objective> objectives{{metric::kTop1, Direction::kMaximize},
                                                 {metric::kLatencyUs, Direction::kMinimize},
                                                 {metric::kPeakSramBytes, Direction::kMinimize}};
  return objectives;
}

std::unique_ptr<Strategy> make_strategy(const Job& job, const SearchSpace& space, FitCheck fits) {
  const SearchConfig& search = job.search;
  if (search.strategy == "random") {
    RandomSearchConfig config;
    config.population = search.population;
    config.seed = job.seed;
    return std::make_unique<RandomSearch>(space, config, std::move(fits));
  }
  EvolutionConfig config;
  config.population = search.population;
  config.parents = search.parents;
  config.mutation_share = search.mutation_share;
  config.mutation_probability = search.mutation_probability;
  config.outer_mutation_probability = search.outer_mutation_probability;
  config.objectives = {{metric::kTop1, Direction::kMaximize}, {metric::kLatencyUs, Direction::kMinimize}};
  config.seed = job.seed;
  return std::make_unique<Evolution>(space, config, std::move(fits));
}

/// One search from its first generation to its front.
class Search {
 public:
  Search(JobContext& context, BoardTimes& times, const Supernet& supernet)
      : context_(context),
        times_(times),
        planner_(subnet_planner(context, supernet.space())),
        store_(context.run().database()),
        images_(scoring_images(context)),
        subnet_accuracy_(supernet, context.data().train, images_, context.job().search.calibration),
        accuracy_(subnet_accuracy_),
        cached_accuracy_(accuracy_, store_, accuracy_source(context, supernet, images_).key()),
        macs_(supernet.space()),
        memory_(planner_, context.limits()),
        predicted_latency_(planner_, times, context.limits()),
        latency_(planner_, times, context.limits()),
        strategy_(make_strategy(context.job(), supernet.space(), fit_check(planner_, context.limits(), &times))) {}

  SearchResult run() {
    const int generations = context_.job().search.generations;
    Progress bar("search", static_cast<std::int64_t>(generations) * context_.job().search.population);
    for (int g = 0; g < generations && run_generation(bar); ++g) continue;
    SearchResult result{measured_front()};
    write_json(context_.run().search(), facts());
    write_front(context_.run(), front_facts(result));
    return result;
  }

 private:
  /// False when the space is exhausted.
  bool run_generation(Progress& bar) {
    std::vector<Candidate> candidates;
    for (Subnet& subnet : strategy_->ask()) candidates.push_back({std::move(subnet), {}, {}});
    if (candidates.empty()) return false;
    for (Candidate& candidate : candidates) {
      throw_if_stopped();
      score(candidate);
      bar.update(++evaluated_, best_note());
    }
    run_best_on_board(candidates);
    strategy_->tell(candidates);
    candidates_.insert(candidates_.end(), candidates.begin(), candidates.end());
    generation_ends_.push_back(candidates_.size());
    return true;
  }

  void score(Candidate& candidate) {
    for (Evaluator* evaluator :
         std::initializer_list<Evaluator*>{&macs_, &memory_, &predicted_latency_, &cached_accuracy_})
      evaluator->evaluate({&candidate, 1});
    if (!candidate.rejected) best_top1_ = std::max(best_top1_, candidate.value(metric::kTop1));
  }

  PlannedSubnet planned(const Candidate& candidate) const {
    const auto plan = planner_.plan(candidate.subnet);
    THIMBLE_CHECK(plan.has_value(), "a candidate that was scored has a plan");
    return *plan;
  }

  static bool was_run(const Candidate& candidate) {
    return candidate.metrics.at(metric::kLatencyUs).provenance != Provenance::kPredicted;
  }

  /// Replaces the predicted latency by the board's.
  void run_on_board(Candidate& candidate) {
    throw_if_stopped();
    if (!candidate.rejected && !was_run(candidate)) latency_.evaluate({&candidate, 1});
  }

  void run_best_on_board(std::vector<Candidate>& candidates) {
    std::vector<Candidate*> best;
    for (Candidate& candidate : candidates)
      if (!candidate.rejected) best.push_back(&candidate);
    std::stable_sort(best.begin(), best.end(), [](const Candidate* a, const Candidate* b) {
      return a->value(metric::kTop1) > b->value(metric::kTop1);
    });
    const auto runs = static_cast<std::size_t>(context_.job().search.board_runs_per_generation);
    for (std::size_t i = 0; i < std::min(runs, best.size()); ++i) run_on_board(*best[i]);
    times_.refit();
  }

  std::vector<Candidate*> predicted_front() {
    std::vector<Candidate*> alive;
    std::vector<Point> points;
    for (Candidate& candidate : candidates_) {
      if (candidate.rejected) continue;
      alive.push_back(&candidate);
      points.push_back(point_of(candidate, front_objectives()));
    }
    std::vector<Candidate*> front;
    for (std::size_t i : pareto_front(points)) front.push_back(alive[i]);
    return front;
  }

  /// The front once all of its members were run on the board; a board's answer may move others into it.
  std::vector<Candidate> measured_front() {
    for (;;) {
      const std::vector<Candidate*> front = predicted_front();
      if (front.empty()) throw DoesNotFitError("every candidate turned out too slow or too large on the board");
      const bool known = std::all_of(front.begin(), front.end(), [](const Candidate* c) { return was_run(*c); });
      if (known) return by_accuracy(front);
      Progress bar("front on " + times_.board().name, static_cast<std::int64_t>(front.size()));
      for (std::size_t i = 0; i < front.size(); ++i)
        run_on_board(*front[i]), bar.update(static_cast<std::int64_t>(i) + 1);
    }
  }

  static std::vector<Candidate> by_accuracy(const std::vector<Candidate*>& front) {
    std::vector<Candidate> sorted;
    for (const Candidate* candidate : front) sorted.push_back(*candidate);
    std::stable_sort(sorted.begin(), sorted.end(), [](const Candidate& a, const Candidate& b) {
      const double left = a.value(metric::kTop1), right = b.value(metric::kTop1);
      return left != right ? left > right : a.value(metric::kLatencyUs) < b.value(metric::kLatencyUs);
    });
    return sorted;
  }

  std::string best_note() const { return "best top-1 " + std::to_string(best_top1_ * 100).substr(0, 4) + " %"; }

  /// Per generation, as its candidates stand after all board runs.
  json generations_facts() const {
    json generations = json::array();
    double best = 0;
    std::size_t at = 0;
    for (const std::size_t end : generation_ends_) {
      json points = json::array();
      int rejected = 0;
      for (; at < end; ++at) {
        const Candidate& candidate = candidates_[at];
        rejected += candidate.rejected.has_value();
        if (candidate.rejected) continue;
        best = std::max(best, candidate.value(metric::kTop1));
        points.push_back({candidate.value(metric::kLatencyUs), candidate.value(metric::kTop1)});
      }
      generations.push_back(
          {{"generation", generations.size() + 1}, {"best_top1", best}, {"rejected", rejected}, {"points", points}});
    }
    return generations;
  }

  json facts() const {
    const auto error = times_.error();
    const std::string& model = context_.job().target.latency_model;
    return {{"strategy", strategy_->name()},
            {"evaluated", evaluated_},
            {"measured", times_.measured()},
            {"latency_model", model.empty() ? json() : json(model)},
            {"latency_model_error", error ? json(error->mean) : json()},
            {"generations", generations_facts()}};
  }

  json front_facts(const SearchResult& result) {
    const Limits& limits = context_.limits();
    json front = json::array();
    for (const Candidate& candidate : result.front) {
      json entry = subnet_facts(candidate.subnet, planned(candidate));
      entry["cycles"] = static_cast<std::int64_t>(candidate.value(metric::kCycles));
      entry["latency_us"] = candidate.value(metric::kLatencyUs);
      entry["provenance"] = to_text(candidate.metrics.at(metric::kLatencyUs).provenance);
      entry["top1_fp32"] = candidate.value(metric::kTop1);
      entry["top1_int8"] = nullptr;
      front.push_back(entry);
    }
    return {{"job", context_.job().name},
            {"seed", context_.job().seed},
            {"board", context_.board().name},
            {"core", context_.board().core},
            {"classes", context_.data().train.class_names},
            {"limits", {{"sram_kb", limits.sram_kb}, {"flash_kb", limits.flash_kb}, {"latency_ms", limits.latency_ms}}},
            {"front", front},
            {"winner", nullptr}};
  }

  JobContext& context_;
  BoardTimes& times_;
  SubnetPlanner planner_;
  EvaluationStore store_;
  ImageSet images_;
  SubnetAccuracy subnet_accuracy_;
  AccuracyEvaluator accuracy_;
  CachedEvaluator cached_accuracy_;
  MacsEvaluator macs_;
  MemoryEvaluator memory_;
  PredictedLatencyEvaluator predicted_latency_;
  LatencyEvaluator latency_;
  std::unique_ptr<Strategy> strategy_;
  std::vector<Candidate> candidates_;
  std::vector<std::size_t> generation_ends_;  ///< into candidates_
  int evaluated_ = 0;
  double best_top1_ = 0;
};

}  // namespace

ImageSet scoring_images(JobContext& context) {
  return first_images(context.data().validation, context.job().search.validation_images);
}

void write_front(const RunDirectory& run, const json& front) {
  write_file_atomically(run.front_csv(), front_csv(front));
  write_json(run.front_json(), front);
}

json subnet_facts(const Subnet& subnet, const PlannedSubnet& planned) {
  const Footprint& size = planned.footprint;
  return {{"subnet", to_text(subnet)},
          {"resolution", subnet.resolution},
          {"width_multiplier", subnet.width_multiplier},
          {"macs", macs(planned.graph)},
          {"params", params(planned.graph)},
          {"arena_bytes", size.arena_bytes},
          {"arena_lower_bound_bytes", planned.plan.arena_lower_bound_bytes},
          {"peak_sram_bytes", size.peak_sram_bytes()},
          {"flash_bytes", {{"weights", size.weight_bytes}, {"code", size.code_bytes}, {"total", size.flash_bytes()}}}};
}

SearchResult search_stage(JobContext& context, BoardTimes& times, const Supernet& supernet) {
  return Search(context, times, supernet).run();
}

}  // namespace thimble
