#include "supernet/training/loop.hpp"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"
#include "supernet/distributed/shared_step.hpp"
#include "supernet/kernels/kernels.hpp"
#include "supernet/kernels/worker_pool.hpp"
#include "supernet/optimizer/optimizer.hpp"
#include "supernet/optimizer/weight_average.hpp"
#include "supernet/recipe/schedule.hpp"
#include "supernet/training_key.hpp"

namespace thimble {
namespace {

constexpr std::string_view kMagic = "THIMCKP";
constexpr std::uint32_t kVersion = 2;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// One training from its first step to its last, or from a checkpoint on.
class Training {
 public:
  Training(Trainee& trainee, const ImageSet& images, const TrainRecipe& recipe, const TrainOptions& options)
      : trainee_(trainee),
        recipe_(checked(recipe)),
        options_(options),
        key_(training_key(trainee.key(), images, recipe, options, kernels().name)),
        schedule_(recipe_),
        source_(images, recipe_, options.seed),
        optimizer_(make_optimizer(recipe_)),
        average_(recipe_.averaging) {
    if (options.ranks) {
      shards_of(*options.ranks, recipe_.shards);
      sum_.emplace(*options.ranks);
    }
    if (!options.checkpoint.empty() && std::filesystem::exists(options.checkpoint)) read_checkpoint();
  }

  Result<TrainReport, Diverged> run() {
    prepare_training();
    const WorkerPool pool(options_.threads);
    report_.first_step = step_;
    saved_ = Clock::now();
    if (options_.ranks) check_same_training(*options_.ranks, key_, step_);
    try {
      return run_steps();
    } catch (const RankLost& loss) {
      write_checkpoint();
      throw RankLost(std::string(loss.what()) + "; " + std::to_string(step_) + " of " +
                     std::to_string(schedule_.steps()) + " steps are done, --resume continues there");
    }
  }

 private:
  static const TrainRecipe& checked(const TrainRecipe& recipe) {
    const std::vector<RecipeProblem> problems = validate(recipe);
    THIMBLE_CHECK(problems.empty(), problems.front().field + " " + problems.front().rule);
    return recipe;
  }

  const Phase& phase() const { return recipe_.phases[schedule_.at(step_).phase]; }

  Result<TrainReport, Diverged> run_steps() {
    while (step_ < schedule_.steps()) {
      if (!options_.ranks && stop_asked()) return interrupted();
      const auto started = Clock::now();
      if (schedule_.begins_phase(step_) && trainee_.begin_phase(phase())) optimizer_->forget();
      const SharedStep step = next_step();
      if (step.stop) return interrupted();
      const double norm = update(step);
      const double loss = std::isfinite(norm) ? step.passes.loss / step.passes.count : norm;
      if (!std::isfinite(loss)) return diverged(loss);
      finish_step(loss, started);
    }
    report_.steps = step_;
    return report_;
  }

  bool stop_asked() const { return options_.stop && *options_.stop; }

  /// The passes of this step, of all ranks.
  SharedStep next_step() {
    const Shards shards = options_.ranks ? shards_of(*options_.ranks, recipe_.shards) : Shards{0, recipe_.shards};
    const StepPasses passes = trainee_.passes(phase(), step_, source_, shards);
    if (options_.ranks) return (*sum_)(passes, stop_asked(), trainee_.parameters());
    return {passes, false, trainee_.parameters()};
  }

  /// @return the norm of the scaled gradient; if it is not finite nothing was changed
  double update(const SharedStep& step) {
    double scale = 1.0 / step.passes.count;
    const double norm = gradient_norm(step.parameters) * scale;
    if (!std::isfinite(norm)) return norm;
    if (recipe_.gradient_clip > 0 && norm > recipe_.gradient_clip) scale *= recipe_.gradient_clip / norm;
    optimizer_->step(step.parameters, schedule_.learning_rate(step_), scale);
    average_.add(step.parameters);
    return norm;
  }

  void finish_step(double loss, Clock::time_point started) {
    TrainProgress progress{step_ + 1, schedule_.steps(), phase().name, loss, schedule_.learning_rate(step_), 0};
    const StepPlace place = schedule_.at(step_);
    const int pictures = recipe_.batch * phase().subnets_per_step;
    if (place.step + 1 == place.steps) end_phase();
    const bool last = ++step_ == schedule_.steps();
    curve_loss_ += loss;
    if (step_ % options_.curve_every_steps == 0 || last) add_curve_point(progress.learning_rate);
    if (last || checkpoint_is_due()) write_checkpoint();
    progress.images_per_second = pictures / std::max(1e-9, seconds_since(started));
    if (options_.progress) options_.progress(progress);
  }

  /// The phase that ends with this step leaves the average of its weights.
  void end_phase() {
    average_.apply(trainee_.parameters());
    trainee_.end_phase(recipe_, phase());
  }

  bool checkpoint_is_due() const {
    const int every = options_.checkpoint_every_steps;
    const double seconds = options_.checkpoint_every_seconds;
    return (every > 0 && step_ % every == 0) || (seconds > 0 && seconds_since(saved_) >= seconds);
  }

  void add_curve_point(double rate) {
    const int before = report_.curve.empty() ? 0 : report_.curve.back().step;
    report_.curve.push_back({step_, curve_loss_ / (step_ - before), rate});
    curve_loss_ = 0;
  }

  TrainReport interrupted() {
    write_checkpoint();
    report_.interrupted = true;
    report_.steps = step_;
    return report_;
  }

  Diverged diverged(double loss) const {
    return {step_, loss,
            "training diverged at step " + std::to_string(step_ + 1) + " of " + std::to_string(schedule_.steps()) +
                ": the loss or its gradient is not finite; use a smaller learning rate (now " +
                std::to_string(schedule_.learning_rate(step_)) + ") or a longer warm-up"};
  }

  void write_checkpoint() {
    saved_ = Clock::now();
    if (options_.checkpoint.empty() || (options_.ranks && options_.ranks->rank() != 0)) return;
    BinaryWriter writer;
    writer.put(key_);
    writer.put(step_);
    writer.put(curve_loss_);
    writer.put(report_.curve);
    trainee_.write(writer);
    optimizer_->write(writer);
    average_.write(writer);
    writer.write_file(options_.checkpoint, kMagic, kVersion);
  }

  void read_checkpoint() {
    BinaryReader reader(options_.checkpoint, kMagic, kVersion);
    if (reader.get<std::uint64_t>() != key_)
      throw Error(options_.checkpoint +
                  ": belongs to a training with another space or network, recipe, seed, data or instruction set");
    step_ = reader.get<int>();
    curve_loss_ = reader.get<double>();
    report_.curve = reader.get_vector<CurvePoint>();
    trainee_.read(reader, options_.checkpoint);
    optimizer_->read(reader);
    average_.read(reader);
  }

  Trainee& trainee_;
  const TrainRecipe& recipe_;
  const TrainOptions& options_;
  std::uint64_t key_;
  Schedule schedule_;
  BatchSource source_;
  std::unique_ptr<Optimizer> optimizer_;
  WeightAverage average_;
  std::optional<StepSum> sum_;
  TrainReport report_;
  Clock::time_point saved_;
  int step_ = 0;           // steps done
  double curve_loss_ = 0;  // sum since the last point of the curve
};

}  // namespace

Result<TrainReport, Diverged> run_training(Trainee& trainee, const ImageSet& images, const TrainRecipe& recipe,
                                           const TrainOptions& options) {
  return Training(trainee, images, recipe, options).run();
}

}  // namespace thimble
