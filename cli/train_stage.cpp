#include "cli/train_stage.hpp"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/event_file.hpp"
#include "cli/progress.hpp"
#include "cli/stop.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace thimble {
namespace {

constexpr double kCheckpointEverySeconds = 30;
constexpr int kEventEverySteps = 10;

std::string loss_note(const TrainProgress& progress) {
  char text[64];
  std::snprintf(text, sizeof text, "  loss %.3f  %.0f pictures/s", progress.loss, progress.images_per_second);
  return progress.phase + text;
}

/// What a training shows while it runs: a bar, and points for TensorBoard.
struct Watch {
  Watch(JobContext& context, const std::string& name, int steps)
      : what(name), bar(name, steps), events(context.run().events()) {}

  void show(const TrainProgress& progress) {
    bar.update(progress.step, loss_note(progress));
    if (progress.step % kEventEverySteps != 0) return;
    events.add(what + "/loss", progress.step, progress.loss);
    events.add(what + "/learning_rate", progress.step, progress.learning_rate);
    events.add(what + "/pictures_per_second", progress.step, progress.images_per_second);
  }

  std::string what;
  Progress bar;
  EventFile events;
};

TrainOptions plain_options(const Job& job, const fs::path& checkpoint) {
  TrainOptions options;
  options.seed = job.seed;
  options.threads = job.threads;
  options.checkpoint = checkpoint.string();
  options.checkpoint_every_steps = 0;
  options.checkpoint_every_seconds = kCheckpointEverySeconds;
  options.stop = &stop_flag();
  return options;
}

TrainOptions options_for(const JobContext& context, const fs::path& checkpoint, Watch& watch) {
  TrainOptions options = plain_options(context.job(), checkpoint);
  options.progress = [&watch](const TrainProgress& progress) { watch.show(progress); };
  return options;
}

fs::path checkpoint_of(const RunDirectory& run) { return run.checkpoints() / "training.thimble"; }

TrainReport finished(const Result<TrainReport, Diverged>& result) {
  if (!result) throw Error(result.error().message);
  if (result->interrupted)
    throw Interrupted("interrupted after step " + std::to_string(result->steps) + "; --resume continues there");
  return *result;
}

json training_facts(const Supernet& supernet, const TrainReport& report) {
  json curve = json::array();
  for (const CurvePoint& p : report.curve)
    curve.push_back({{"step", p.step}, {"loss", p.loss}, {"learning_rate", p.learning_rate}});
  return {{"steps", report.steps}, {"parameters", supernet.parameters()}, {"curve", curve}};
}

fs::path weights_of(const RunDirectory& run) { return run.checkpoints() / "supernet.thimble"; }

}  // namespace

Supernet trained_supernet(const RunDirectory& run, const SearchSpace& space) {
  return Supernet::load(weights_of(run).string(), space);
}

Supernet train_stage(JobContext& context, const SearchSpace& space, Crew& crew) {
  const fs::path facts = context.run().training();
  if (fs::exists(facts)) return trained_supernet(context.run(), space);
  const fs::path checkpoint = checkpoint_of(context.run());
  Supernet supernet(space, context.job().seed);
  {
    const ImageSet& images = context.data().train;
    Watch watch(context, "train", total_steps(context.job().supernet));
    TrainOptions options = options_for(context, checkpoint, watch);
    options.ranks = crew.train_with_us(context.run().path());
    const TrainReport report = finished(train(supernet, images, context.job().supernet, options));
    supernet.save(weights_of(context.run()).string());
    write_json(facts, training_facts(supernet, report));
  }
  fs::remove(checkpoint);
  return supernet;
}

void train_with(Ranks& ranks, const RunDirectory& run, const Job& job, const SearchSpace& space,
                const ImageSet& images) {
  Supernet supernet(space, job.seed);
  TrainOptions options = plain_options(job, checkpoint_of(run));
  options.ranks = &ranks;
  (void)finished(train(supernet, images, job.supernet, options));
}

Supernet fine_tuned(JobContext& context, const Supernet& supernet, const Subnet& subnet) {
  const DeployConfig& deploy = context.job().deploy;
  if (deploy.fine_tune_steps == 0) return supernet;
  const std::string name = to_text(subnet) + ".thimble";
  const fs::path weights = context.run().checkpoints() / ("fine-tuned-" + name);
  if (fs::exists(weights)) return Supernet::load(weights.string(), supernet.space());
  const fs::path checkpoint = context.run().checkpoints() / ("fine-tuning-" + name);
  TrainRecipe recipe = context.job().supernet;
  recipe.passes = deploy.fine_tune_steps;
  recipe.learning_rate = deploy.fine_tune_learning_rate;
  Supernet tuned = supernet;
  {
    Watch watch(context, "fine-tune", deploy.fine_tune_steps);
    finished(fine_tune(tuned, subnet, context.data().train, recipe, options_for(context, checkpoint, watch)));
    tuned.save(weights.string());
  }
  fs::remove(checkpoint);
  return tuned;
}

}  // namespace thimble
