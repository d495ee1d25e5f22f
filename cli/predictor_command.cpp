#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/job_context.hpp"
#include "cli/output_place.hpp"
#include "cli/print_json.hpp"
#include "cli/progress.hpp"
#include "cli/search_accuracy.hpp"
#include "cli/search_stage.hpp"
#include "cli/space_stage.hpp"
#include "cli/stop.hpp"
#include "evaluators/accuracy_predictor_file.hpp"
#include "evaluators/halves_evaluator.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace thimble {
namespace {

[[noreturn]] void refuse(const std::string& key, const std::string& value, const std::string& rule) {
  throw ConfigError({{"", 0, 0, key, value, rule}});
}

/// Found out before hours of measuring: the file can be made, and is nobody else's.
void require_own_file(const fs::path& out) {
  require_place(out);
  if (fs::is_directory(out)) refuse("--out", out.string(), "is a folder; a file is wanted");
  if (fs::exists(out) && !is_accuracy_predictor(out))
    refuse("--out", out.string(), "exists and is no accuracy predictor; nothing is written over");
}

/// The run of a folder; of a job its newest one, once its supernet is trained.
RunDirectory trained_run(const PredictorCommandOptions& options) {
  if (fs::is_directory(options.source)) {
    if (!options.settings.empty()) refuse("--set", options.settings.front(), "belongs to a job; a run has one already");
    return RunDirectory::open(options.source);
  }
  JobOptions job;
  job.job = options.source;
  job.settings = options.settings;
  job.runs = options.runs;
  if (options.resume) job.resume = kNewestRun;
  run_command(job, JobStage::kTrain);
  return RunDirectory::newest(options.runs, load_job(options.source, options.settings).name);
}

Supernet supernet_of(const JobContext& context) {
  const json facts = read_json(context.run().space());
  if (facts.is_null() || !fs::exists(context.run().training()))
    refuse("RUN", context.run().path(), "has no trained supernet yet: thimble train JOB");
  return Supernet::load((context.run().checkpoints() / "supernet.thimble").string(),
                        pruned_space(context.job().search_space, facts));
}

std::vector<AccuracyPair> measure(const PredictorCommandOptions& options, JobContext& context, const Supernet& supernet,
                                  const ImageSet& images, const std::string& key) {
  SubnetAccuracy accuracy(supernet, context.data().train, images, context.job().search.calibration);
  HalvesEvaluator halves(accuracy, images.labels);
  EvaluationStore store(context.run().database());
  Progress bar("accuracy of random subnets", options.pairs);
  AccuracySurveyOptions survey{.pairs = options.pairs, .seed = options.seed, .key = key};
  survey.progress = [&bar](int done) {
    bar.update(done);
    throw_if_stopped();
  };
  return survey_accuracy(supernet.space(), halves, store, survey);
}

ChosenPredictor choose(const PredictorCommandOptions& options, const JobContext& context, const SearchSpace& space,
                       const std::vector<AccuracyPair>& pairs) {
  if (pairs.size() < kLeastPredictorPairs)
    throw DoesNotFitError("the space " + space.name + " has only " + std::to_string(pairs.size()) +
                          " subnets; measure them all: no predictor is needed");
  PredictorOptions fits;
  fits.seed = options.seed;
  fits.threads = context.job().threads;
  Progress bar("fitting models", 1);
  fits.progress = [](int, int) { throw_if_stopped(); };
  ChosenPredictor chosen = choose_predictor(space, pairs, fits);
  bar.update(1);
  return chosen;
}

json quality_facts(const PredictorQuality& q) {
  return {{"kendall_tau", q.kendall_tau},
          {"spearman_rho", q.spearman_rho},
          {"mean_error_points", 100 * q.mean_error},
          {"root_mean_square_error_points", 100 * q.root_mean_square_error},
          {"pairs", q.pairs}};
}

json facts_of(const AccuracyPredictorFile& file, const std::string& run, const std::string& out) {
  const PredictorOrigin& o = file.origin;
  json models = json::array();
  for (const ModelScore& score : o.scores)
    models.push_back({{"model", score.model},
                      {"cross_validated", quality_facts(score.cross_validated)},
                      {"held_out", quality_facts(score.held_out)}});
  const PredictorQuality& held_out = file.score().held_out;
  return {{"run", run},
          {"space", file.predictor.space().name},
          {"supernet_fingerprint", o.supernet},
          {"scoring_pictures", o.scoring_pictures},
          {"pairs", o.training_pairs + held_out.pairs},
          {"training", o.training_pairs},
          {"held_out", held_out.pairs},
          {"model", file.predictor.model_name()},
          {"kendall_tau", held_out.kendall_tau},
          {"models", models},
          {"tau_between_halves", o.noise.tau_between_halves},
          {"tau_ceiling", o.noise.tau_ceiling},
          {"trusted", o.not_to_be_trusted.empty()},
          {"not_to_be_trusted", o.not_to_be_trusted},
          {"out", out}};
}

void print(const json& facts) {
  const auto number = [](const json& of, const char* key) { return of[key].get<double>(); };
  std::printf("%d subnets of %s measured on %d pictures; %d of them held out\n", facts["pairs"].get<int>(),
              facts["space"].get<std::string>().c_str(), facts["scoring_pictures"].get<int>(),
              facts["held_out"].get<int>());
  std::printf("%-14s %22s   %s\n", "", "cross-validated tau", "held out: tau, rho, mean error, RMSE (points of top-1)");
  for (const json& model : facts["models"]) {
    const json &cross = model["cross_validated"], &held = model["held_out"];
    std::printf("%-14s %22.3f   %.3f, %.3f, %.2f, %.2f%s\n", model["model"].get<std::string>().c_str(),
                number(cross, "kendall_tau"), number(held, "kendall_tau"), number(held, "spearman_rho"),
                number(held, "mean_error_points"), number(held, "root_mean_square_error_points"),
                model["model"] == facts["model"] ? "   <- in the file" : "");
  }
  std::printf(
      "two halves of the pictures rank the held-out subnets with tau %.3f, all of them and the truth with about %.3f\n",
      number(facts, "tau_between_halves"), number(facts, "tau_ceiling"));
  for (const json& reason : facts["not_to_be_trusted"])
    std::printf("NOT to be trusted: %s\n", reason.get<std::string>().c_str());
  std::printf("%s\n", facts["out"].get<std::string>().c_str());
}

}  // namespace

int predictor_command(const PredictorCommandOptions& options) {
  require_own_file(options.out);
  RunDirectory run = trained_run(options);
  Job job = load_job_of(run);
  JobContext context(std::move(job), std::move(run));
  const Supernet supernet = supernet_of(context);
  const ImageSet images = scoring_images(context);
  const AccuracySource source = accuracy_source(context, supernet, images);
  const std::vector<AccuracyPair> pairs = measure(options, context, supernet, images, source.key());
  ChosenPredictor chosen = choose(options, context, supernet.space(), pairs);
  AccuracyPredictorFile file{source.origin(), std::move(chosen.predictor)};
  file.origin.scoring_pictures = images.count();
  file.origin.seed = options.seed;
  file.origin.training_pairs = chosen.training_pairs;
  file.origin.scores = std::move(chosen.scores);
  file.origin.noise = chosen.noise;
  file.origin.not_to_be_trusted = reasons_against(supernet.space(), file.score().held_out, file.origin.training_pairs);
  make_folders_to(options.out);
  save_accuracy_predictor(options.out, file);
  const json facts = facts_of(file, context.run().path(), options.out);
  if (options.json) return print_json(facts);
  print(facts);
  return 0;
}

}  // namespace thimble
