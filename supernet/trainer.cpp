#include "supernet/trainer.hpp"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"
#include "supernet/batches.hpp"
#include "supernet/kernels/kernels.hpp"
#include "supernet/kernels/worker_pool.hpp"
#include "supernet/optimizer/optimizer.hpp"
#include "supernet/optimizer/weight_average.hpp"
#include "supernet/phase_subnets.hpp"
#include "supernet/recipe/schedule.hpp"
#include "supernet/training_key.hpp"
#include "supernet/training_network.hpp"
#include "supernet/weights.hpp"

namespace thimble {
namespace {

constexpr std::string_view kMagic = "THIMCKP";
constexpr std::uint32_t kVersion = 2;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// One training from its first step to its last, or from a checkpoint on.
class Training {
 public:
  Training(Supernet& supernet, const std::optional<Subnet>& fixed, const ImageSet& images, const TrainRecipe& recipe,
           const TrainOptions& options)
      : weights_(supernet.weights()),
        fixed_(fixed),
        recipe_(checked(recipe)),
        options_(options),
        key_(training_key(supernet, fixed, images, recipe, options, kernels().name)),
        schedule_(recipe_),
        source_(images, recipe_, options.seed),
        optimizer_(make_optimizer(recipe_)),
        average_(recipe_.averaging) {
    check_pictures(weights_.space, images);
    if (!options.checkpoint.empty() && std::filesystem::exists(options.checkpoint)) read_checkpoint();
  }

  Result<TrainReport, Diverged> run() {
    prepare_training();
    const WorkerPool pool(options_.threads);
    network_.emplace(weights_);
    report_.first_step = step_;
    saved_ = Clock::now();
    while (step_ < schedule_.steps()) {
      if (options_.stop && *options_.stop) return interrupted();
      const auto started = Clock::now();
      if (schedule_.begins_phase(step_)) begin_phase();
      const double loss = train_step();
      if (!std::isfinite(loss)) return diverged(loss);
      finish_step(loss, started);
    }
    report_.steps = step_;
    return report_;
  }

 private:
  static const TrainRecipe& checked(const TrainRecipe& recipe) {
    const std::vector<RecipeProblem> problems = validate(recipe);
    THIMBLE_CHECK(problems.empty(), problems.front().field + " " + problems.front().rule);
    return recipe;
  }

  const Phase& phase() const { return recipe_.phases[schedule_.at(step_).phase]; }

  std::vector<Subnet> subnets() const {
    if (fixed_) return {*fixed_};
    return subnets_of_step(narrowed(weights_.space, phase().elastic), phase(), options_.seed, step_);
  }

  /// @return the loss, or what is not finite of loss and gradient
  double train_step() {
    const std::vector<Subnet> subnets = this->subnets();
    const Batch batch = source_.batch(step_, subnets.front().resolution);
    network_->clear_gradients();
    std::vector<float> teacher = answers_of_teacher(batch);
    double loss = 0;
    for (const Subnet& subnet : subnets) {
      const bool taught = !teacher.empty();
      loss += network_->add_gradients(
          layers_of(weights_.space, subnet), batch,
          {recipe_.label_smoothing, taught ? phase().distillation : 0, taught ? &teacher : nullptr});
      if (!taught && phase().teacher == Phase::kInPlace) teacher = network_->probabilities();
    }
    const auto passes = static_cast<double>(subnets.size());
    const double change = update(1 / passes);
    return std::isfinite(change) ? loss / passes : change;
  }

  /// Of the weights at the end of an earlier phase; empty where no such phase teaches this one.
  std::vector<float> answers_of_teacher(const Batch& batch) {
    const auto found = teachers_.find(phase().teacher);
    if (found == teachers_.end()) return {};
    Subnet subnet = largest(weights_.space);
    subnet.resolution = batch.size;
    return TrainingNetwork(found->second).probabilities(layers_of(weights_.space, subnet), batch);
  }

  /// @return the norm of the scaled gradient; if it is not finite nothing was changed
  double update(double scale) {
    const std::vector<Parameter> parameters = network_->parameters();
    const double norm = gradient_norm(parameters) * scale;
    if (!std::isfinite(norm)) return norm;
    if (recipe_.gradient_clip > 0 && norm > recipe_.gradient_clip) scale *= recipe_.gradient_clip / norm;
    optimizer_->step(parameters, schedule_.learning_rate(step_), scale);
    average_.add(parameters);
    return norm;
  }

  void begin_phase() {
    if (!phase().sort_channels) return;
    sort_hidden_channels(weights_);
    optimizer_->forget();
  }

  /// The phase that ends with this step leaves the average of its weights.
  void end_phase() {
    average_.apply(network_->parameters());
    for (const Phase& later : recipe_.phases)
      if (later.teacher == phase().name) teachers_.insert_or_assign(phase().name, weights_);
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
    if (options_.checkpoint.empty()) return;
    BinaryWriter writer;
    writer.put(key_);
    writer.put(step_);
    writer.put(curve_loss_);
    writer.put(report_.curve);
    write_weights(writer, weights_);
    optimizer_->write(writer);
    average_.write(writer);
    writer.put(static_cast<std::uint64_t>(teachers_.size()));
    for (const auto& [name, weights] : teachers_) {
      writer.put(std::string_view(name));
      write_weights(writer, weights);
    }
    writer.write_file(options_.checkpoint, kMagic, kVersion);
  }

  void read_checkpoint() {
    BinaryReader reader(options_.checkpoint, kMagic, kVersion);
    if (reader.get<std::uint64_t>() != key_)
      throw Error(options_.checkpoint +
                  ": belongs to a training with another space, recipe, seed, data or instruction set");
    step_ = reader.get<int>();
    curve_loss_ = reader.get<double>();
    report_.curve = reader.get_vector<CurvePoint>();
    read_weights(reader, weights_, options_.checkpoint);
    optimizer_->read(reader);
    average_.read(reader);
    for (auto left = reader.get<std::uint64_t>(); left > 0; --left) {
      SupernetWeights& teacher = teachers_.insert_or_assign(reader.get_text(), weights_).first->second;
      read_weights(reader, teacher, options_.checkpoint);
    }
  }

  SupernetWeights& weights_;
  std::optional<Subnet> fixed_;
  const TrainRecipe& recipe_;
  const TrainOptions& options_;
  std::uint64_t key_;
  Schedule schedule_;
  BatchSource source_;
  std::unique_ptr<Optimizer> optimizer_;
  WeightAverage average_;
  std::map<std::string, SupernetWeights> teachers_;  // by the name of the phase that they ended
  std::optional<TrainingNetwork> network_;
  TrainReport report_;
  Clock::time_point saved_;
  int step_ = 0;           // steps done
  double curve_loss_ = 0;  // sum since the last point of the curve
};

}  // namespace

Result<TrainReport, Diverged> train(Supernet& supernet, const ImageSet& images, const TrainRecipe& recipe,
                                    const TrainOptions& options) {
  return Training(supernet, std::nullopt, images, recipe, options).run();
}

Result<TrainReport, Diverged> fine_tune(Supernet& supernet, const Subnet& subnet, const ImageSet& images,
                                        const TrainRecipe& recipe, const TrainOptions& options) {
  TrainRecipe alone = recipe;
  alone.phases.assign(1, {});
  alone.phases.front().name = "fine-tune";
  return Training(supernet, subnet, images, alone, options).run();
}

}  // namespace thimble
