#include "supernet/trainer.hpp"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"
#include "supernet/batches.hpp"
#include "supernet/kernels/kernels.hpp"
#include "supernet/kernels/worker_pool.hpp"
#include "supernet/sgd.hpp"
#include "supernet/training_key.hpp"
#include "supernet/training_network.hpp"
#include "supernet/weights.hpp"

namespace thimble {
namespace {

constexpr std::string_view kMagic = "THIMCKP";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kSubnetStream = 0x5b9e7;

/// One training from its first step to its last, or from a checkpoint on.
class Training {
 public:
  Training(Supernet& supernet, const std::optional<Subnet>& fixed, const ImageSet& images, const TrainRecipe& recipe,
           const TrainOptions& options)
      : weights_(supernet.weights()),
        fixed_(fixed),
        recipe_(recipe),
        options_(options),
        key_(training_key(supernet, fixed, images, recipe, options, kernels().name)),
        source_(images, recipe, options.seed) {
    const std::vector<RecipeProblem> problems = validate(recipe);
    THIMBLE_CHECK(problems.empty(), problems.front().field + " " + problems.front().rule);
    check_pictures(weights_.space, images);
    if (!options.checkpoint.empty() && std::filesystem::exists(options.checkpoint)) read_checkpoint();
  }

  Result<TrainReport, Diverged> run() {
    prepare_training();
    const WorkerPool pool(options_.threads);
    network_.emplace(weights_);
    report_.first_step = step_;
    while (step_ < total_steps(recipe_)) {
      if (options_.stop && *options_.stop) return interrupted();
      const auto started = std::chrono::steady_clock::now();
      const double loss = train_step();
      if (!std::isfinite(loss)) return diverged(loss);
      finish_step(loss, started);
    }
    report_.steps = step_;
    return report_;
  }

 private:
  bool in_first_phase() const { return fixed_ || step_ < recipe_.largest_steps; }
  int passes() const { return in_first_phase() ? 1 : recipe_.subnets_per_step; }

  double learning_rate() const {
    if (fixed_) return learning_rate_at(step_, total_steps(recipe_), recipe_.warm_up_steps, recipe_.learning_rate);
    if (in_first_phase())
      return learning_rate_at(step_, recipe_.largest_steps, recipe_.warm_up_steps, recipe_.learning_rate);
    return learning_rate_at(step_ - recipe_.largest_steps, recipe_.sampled_steps, recipe_.warm_up_steps,
                            recipe_.sampled_learning_rate);
  }

  /// The subnets of this step, all at one resolution.
  std::vector<Subnet> subnets_of_step() const {
    if (fixed_) return {*fixed_};
    const SearchSpace& space = weights_.space;
    Rng rng({options_.seed, kSubnetStream, static_cast<std::uint64_t>(step_)});
    const int resolution = rng.pick(space.resolutions);
    std::vector<Subnet> subnets;
    for (int i = 0; i < passes(); ++i) {
      const bool extreme = in_first_phase() || (recipe_.sandwich && i < 2);
      subnets.push_back(!extreme ? sample(space, rng) : i == 0 ? largest(space) : smallest(space));
      subnets.back().resolution = resolution;
    }
    return subnets;
  }

  /// @return the loss, or what is not finite of loss and gradient
  double train_step() {
    const std::vector<Subnet> subnets = subnets_of_step();
    const Batch batch = source_.batch(step_, subnets.front().resolution);
    network_->clear_gradients();
    std::vector<float> teacher;
    double loss = 0;
    for (const Subnet& subnet : subnets) {
      const bool taught = !teacher.empty();
      loss += network_->add_gradients(
          layers_of(weights_.space, subnet), batch,
          {recipe_.label_smoothing, taught ? recipe_.distillation : 0, taught ? &teacher : nullptr});
      if (teacher.empty() && !in_first_phase() && recipe_.sandwich && recipe_.distillation > 0)
        teacher = network_->probabilities();
    }
    const double norm = sgd_.step(network_->parameters(), {learning_rate(), recipe_.momentum, recipe_.weight_decay,
                                                           1.0 / passes(), recipe_.gradient_clip});
    return std::isfinite(norm) ? loss / passes() : norm;
  }

  void finish_step(double loss, std::chrono::steady_clock::time_point started) {
    const double rate = learning_rate();
    const int pictures = recipe_.batch * passes();
    ++step_;
    if (!fixed_ && step_ == recipe_.largest_steps) begin_sampling();
    curve_loss_ += loss;
    if (step_ % options_.curve_every_steps == 0 || step_ == total_steps(recipe_)) add_curve_point(rate);
    if (step_ % options_.checkpoint_every_steps == 0 || step_ == total_steps(recipe_)) write_checkpoint();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
    if (options_.progress)
      options_.progress({step_, total_steps(recipe_), loss, rate, pictures / std::max(1e-9, seconds.count())});
  }

  void begin_sampling() {
    sort_hidden_channels(weights_);
    sgd_.forget();
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
            "training diverged at step " + std::to_string(step_ + 1) + " of " + std::to_string(total_steps(recipe_)) +
                ": the loss or its gradient is not finite; use a smaller learning rate (now " +
                std::to_string(learning_rate()) + ") or a longer warm-up"};
  }

  void write_checkpoint() {
    if (options_.checkpoint.empty()) return;
    BinaryWriter writer;
    writer.put(key_);
    writer.put(step_);
    writer.put(curve_loss_);
    writer.put(report_.curve);
    write_weights(writer, weights_);
    writer.put(static_cast<std::uint64_t>(sgd_.momentum().size()));
    for (const std::vector<float>& values : sgd_.momentum()) writer.put(values);
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
    for (auto left = reader.get<std::uint64_t>(); left > 0; --left)
      sgd_.momentum().push_back(reader.get_vector<float>());
  }

  SupernetWeights& weights_;
  std::optional<Subnet> fixed_;
  const TrainRecipe& recipe_;
  const TrainOptions& options_;
  std::uint64_t key_;
  BatchSource source_;
  Sgd sgd_;
  std::optional<TrainingNetwork> network_;
  TrainReport report_;
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
  return Training(supernet, subnet, images, recipe, options).run();
}

}  // namespace thimble
