#include "cli/train_stage.hpp"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/progress.hpp"
#include "cli/stop.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace thimble {
namespace {

constexpr double kCheckpointEverySeconds = 30;

std::string loss_note(const TrainProgress& progress) {
  char text[64];
  std::snprintf(text, sizeof text, "  loss %.3f  %.0f pictures/s", progress.loss, progress.images_per_second);
  return progress.phase + text;
}

TrainOptions options_for(const JobContext& context, const fs::path& checkpoint, Progress& bar) {
  TrainOptions options;
  options.seed = context.job().seed;
  options.threads = context.job().threads;
  options.checkpoint = checkpoint.string();
  options.checkpoint_every_steps = 0;
  options.checkpoint_every_seconds = kCheckpointEverySeconds;
  options.stop = &stop_flag();
  options.progress = [&bar](const TrainProgress& p) { bar.update(p.step, loss_note(p)); };
  return options;
}

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

}  // namespace

Supernet train_stage(JobContext& context, const SearchSpace& space) {
  const fs::path weights = context.run().checkpoints() / "supernet.thimble";
  const fs::path facts = context.run().training();
  if (fs::exists(facts)) return Supernet::load(weights.string(), space);
  const fs::path checkpoint = context.run().checkpoints() / "training.thimble";
  Supernet supernet(space, context.job().seed);
  {
    const ImageSet& images = context.data().train;
    Progress bar("train", total_steps(context.job().supernet));
    const TrainReport report =
        finished(train(supernet, images, context.job().supernet, options_for(context, checkpoint, bar)));
    supernet.save(weights.string());
    write_json(facts, training_facts(supernet, report));
  }
  fs::remove(checkpoint);
  return supernet;
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
    Progress bar("fine-tune", deploy.fine_tune_steps);
    finished(fine_tune(tuned, subnet, context.data().train, recipe, options_for(context, checkpoint, bar)));
    tuned.save(weights.string());
  }
  fs::remove(checkpoint);
  return tuned;
}

}  // namespace thimble
