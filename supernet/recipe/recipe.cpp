#include "supernet/recipe/recipe.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace thimble {
namespace {

constexpr int kMostBatch = 4096;
constexpr int kMostPasses = 1'000'000'000;
constexpr int kMostSubnetsPerStep = 64;
constexpr int kMostCropPixels = 64;
constexpr int kMostOperations = 8;

/// Collects what breaks a rule, under a prefix of field names.
class Checks {
 public:
  explicit Checks(std::vector<RecipeProblem>& problems) : problems_(problems) {}
  void set_prefix(std::string prefix) { prefix_ = std::move(prefix); }

  void holds(const char* field, bool condition, const std::string& rule) {
    if (!condition) problems_.push_back({prefix_ + field, rule});
  }
  void in_range(const char* field, int value, int least, int most) {
    holds(field, value >= least && value <= most,
          "must be in [" + std::to_string(least) + ", " + std::to_string(most) + "]");
  }
  void positive(const char* field, double value) {
    holds(field, value > 0 && std::isfinite(value), "must be > 0 and finite");
  }
  void not_negative(const char* field, double value) {
    holds(field, value >= 0 && std::isfinite(value), "must be >= 0 and finite");
  }
  void below_one(const char* field, double value) { holds(field, value >= 0 && value < 1, "must be in [0, 1)"); }
  void share(const char* field, double value) { holds(field, value >= 0 && value <= 1, "must be in [0, 1]"); }

 private:
  std::vector<RecipeProblem>& problems_;
  std::string prefix_;
};

void check_teacher(Checks& checks, const TrainRecipe& recipe, std::size_t index) {
  const Phase& phase = recipe.phases[index];
  if (phase.teacher.empty()) {
    checks.holds("teacher", phase.distillation == 0,
                 "must name in_place or an earlier phase where distillation is > 0");
  } else if (phase.teacher == Phase::kInPlace) {
    checks.holds("teacher", phase.sandwich, "in_place needs sandwich: the largest subnet of a step teaches the others");
  } else {
    const auto end = recipe.phases.begin() + static_cast<std::ptrdiff_t>(index);
    const bool known = std::any_of(recipe.phases.begin(), end, [&](const Phase& p) { return p.name == phase.teacher; });
    checks.holds("teacher", known, "must be in_place or the name of an earlier phase");
  }
}

void check_phase(Checks& checks, const TrainRecipe& recipe, std::size_t index) {
  const Phase& phase = recipe.phases[index];
  checks.holds("name", !phase.name.empty() && phase.name != Phase::kInPlace, "must be a name, and not in_place");
  checks.positive("share", phase.share);
  const Elastic& elastic = phase.elastic;
  for (const auto& [field, count] : {std::pair{"elastic.resolution", elastic.resolution},
                                     {"elastic.kernel", elastic.kernel},
                                     {"elastic.depth", elastic.depth},
                                     {"elastic.expansion", elastic.expansion},
                                     {"elastic.width", elastic.width}})
    checks.holds(field, count >= 1, "must be >= 1: so many of the largest values; leave it out for all");
  checks.in_range("subnets_per_step", phase.subnets_per_step, 1, kMostSubnetsPerStep);
  checks.holds("subnets_per_step", !phase.sandwich || phase.subnets_per_step != 1,
               "must be >= 2 with sandwich: the largest and the smallest");
  checks.positive("learning_rate", phase.learning_rate);
  checks.share("distillation", phase.distillation);
  check_teacher(checks, recipe, index);
}

void check_augmentation(Checks& checks, const Augmentation& augmentation) {
  checks.set_prefix("augmentation.");
  checks.in_range("crop_pixels", augmentation.crop_pixels, 0, kMostCropPixels);
  checks.below_one("colour_jitter", augmentation.colour_jitter);
  checks.in_range("operations", augmentation.operations, 0, kMostOperations);
  checks.share("magnitude", augmentation.magnitude);
  checks.below_one("erase", augmentation.erase);
  checks.share("mixup", augmentation.mixup);
}

}  // namespace

std::vector<Phase> mcunet_phases() {
  Phase largest, sampled;
  largest.name = "largest";
  largest.elastic = Elastic::largest();
  sampled.share = 8;
  sampled.subnets_per_step = 4;
  sampled.learning_rate = 0.5;
  sampled.sort_channels = true;
  return {largest, sampled};
}

std::vector<int> steps_of_phases(const TrainRecipe& recipe) {
  double shares = 0;
  for (const Phase& phase : recipe.phases) shares += phase.share;
  std::vector<int> steps;
  for (const Phase& phase : recipe.phases)
    steps.push_back(
        std::max(1, static_cast<int>(std::lround(recipe.passes * (phase.share / shares) / phase.subnets_per_step))));
  return steps;
}

int total_steps(const TrainRecipe& recipe) {
  const std::vector<int> steps = steps_of_phases(recipe);
  return std::accumulate(steps.begin(), steps.end(), 0);
}

TrainRecipe in_one_phase(const TrainRecipe& recipe, const std::string& name) {
  TrainRecipe alone = recipe;
  alone.phases.assign(1, {});
  alone.phases.front().name = name;
  return alone;
}

std::vector<RecipeProblem> validate(const TrainRecipe& recipe) {
  std::vector<RecipeProblem> problems;
  Checks checks(problems);
  checks.in_range("batch", recipe.batch, 2, kMostBatch);  // batch norm needs statistics
  checks.in_range("shards", recipe.shards, 1, kMostBatch);
  checks.holds("shards", recipe.shards <= 1 || (recipe.batch % recipe.shards == 0 && recipe.batch >= 2 * recipe.shards),
               "must divide batch into parts of at least 2 pictures");
  checks.in_range("passes", recipe.passes, 1, kMostPasses);
  checks.positive("learning_rate", recipe.learning_rate);
  checks.below_one("warm_up", recipe.warm_up);
  checks.holds("optimizer", recipe.optimizer == "sgd" || recipe.optimizer == "adamw", "must be sgd or adamw");
  checks.below_one("momentum", recipe.momentum);
  checks.below_one("second_momentum", recipe.second_momentum);
  checks.not_negative("weight_decay", recipe.weight_decay);
  checks.below_one("label_smoothing", recipe.label_smoothing);
  checks.not_negative("gradient_clip", recipe.gradient_clip);
  checks.below_one("averaging", recipe.averaging);
  check_augmentation(checks, recipe.augmentation);
  checks.set_prefix("");
  checks.holds("phases", !recipe.phases.empty(), "must be a list of at least one phase");
  for (std::size_t i = 0; i < recipe.phases.size(); ++i) {
    checks.set_prefix("phases[" + std::to_string(i) + "].");
    check_phase(checks, recipe, i);
  }
  return problems;
}

}  // namespace thimble
