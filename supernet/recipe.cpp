#include "supernet/recipe.hpp"

#include <cmath>

namespace thimble {
namespace {

constexpr int kMostBatch = 4096;
constexpr int kMostSteps = 1'000'000'000;  // two phases of them still fit an int
constexpr int kMostSubnetsPerStep = 64;
constexpr int kMostCropPixels = 64;

bool in_range(int value, int least, int most) { return value >= least && value <= most; }

std::string must_be_in(int least, int most) {
  return "must be in [" + std::to_string(least) + ", " + std::to_string(most) + "]";
}

}  // namespace

std::vector<RecipeProblem> validate(const TrainRecipe& recipe) {
  std::vector<RecipeProblem> problems;
  const auto check = [&](const char* field, bool holds, const std::string& rule) {
    if (!holds) problems.push_back({field, rule});
  };
  const auto check_range = [&](const char* field, int value, int least, int most) {
    check(field, in_range(value, least, most), must_be_in(least, most));
  };
  const auto check_positive = [&](const char* field, double value) {
    check(field, value > 0 && std::isfinite(value), "must be > 0 and finite");
  };
  const auto check_not_negative = [&](const char* field, double value) {
    check(field, value >= 0 && std::isfinite(value), "must be >= 0 and finite");
  };
  const auto check_below_one = [&](const char* field, double value) {
    check(field, value >= 0 && value < 1, "must be in [0, 1)");
  };
  check_range("batch", recipe.batch, 2, kMostBatch);  // batch norm needs statistics
  check_range("largest_steps", recipe.largest_steps, 0, kMostSteps);
  check_range("sampled_steps", recipe.sampled_steps, 0, kMostSteps);
  check("sampled_steps", recipe.largest_steps != 0 || recipe.sampled_steps != 0,
        "must be > 0 where largest_steps is 0: nothing is trained");
  check_range("subnets_per_step", recipe.subnets_per_step, 1, kMostSubnetsPerStep);
  check("subnets_per_step", !recipe.sandwich || recipe.subnets_per_step != 1,
        "must be >= 2 with sandwich: the largest and the smallest");
  check("distillation", recipe.distillation >= 0 && recipe.distillation <= 1, "must be in [0, 1]");
  check_positive("learning_rate", recipe.learning_rate);
  check_positive("sampled_learning_rate", recipe.sampled_learning_rate);
  check_range("warm_up_steps", recipe.warm_up_steps, 0, kMostSteps);
  check_below_one("momentum", recipe.momentum);
  check_not_negative("weight_decay", recipe.weight_decay);
  check_below_one("label_smoothing", recipe.label_smoothing);
  check_not_negative("gradient_clip", recipe.gradient_clip);
  check_range("crop_pixels", recipe.crop_pixels, 0, kMostCropPixels);
  check_below_one("colour_jitter", recipe.colour_jitter);
  return problems;
}

}  // namespace thimble
