#include "supernet/recipe.hpp"

#include <limits>

#include "tests/catch.hpp"

using namespace thimble;

namespace {

/// "field rule" of each problem.
std::vector<std::string> problems_of(const TrainRecipe& recipe) {
  std::vector<std::string> texts;
  for (const RecipeProblem& problem : validate(recipe)) texts.push_back(problem.field + " " + problem.rule);
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the default recipe is sound, and so are the ends of the ranges", "[supernet][recipe]") {
  TrainRecipe recipe;
  CHECK(problems_of(recipe).empty());
  recipe.batch = 2;
  recipe.largest_steps = 0;
  recipe.distillation = 1;
  recipe.momentum = 0.99999;
  recipe.gradient_clip = recipe.weight_decay = recipe.colour_jitter = 0;
  CHECK(problems_of(recipe).empty());
}

TEST_CASE("a bad recipe is described field by field, all at once", "[supernet][recipe]") {
  TrainRecipe recipe;
  recipe.batch = 1;
  recipe.learning_rate = 0;
  recipe.momentum = recipe.colour_jitter = 1;
  recipe.crop_pixels = 65;
  CHECK(problems_of(recipe) == Texts{"batch must be in [2, 4096]", "learning_rate must be > 0 and finite",
                                     "momentum must be in [0, 1)", "crop_pixels must be in [0, 64]",
                                     "colour_jitter must be in [0, 1)"});
}

TEST_CASE("fields that only contradict each other name one of them", "[supernet][recipe]") {
  TrainRecipe recipe;
  SECTION("no steps") {
    recipe.largest_steps = recipe.sampled_steps = 0;
    CHECK(problems_of(recipe) == Texts{"sampled_steps must be > 0 where largest_steps is 0: nothing is trained"});
  }
  SECTION("a sandwich of one") {
    recipe.sandwich = true;
    recipe.subnets_per_step = 1;
    CHECK(problems_of(recipe) == Texts{"subnets_per_step must be >= 2 with sandwich: the largest and the smallest"});
  }
}

TEST_CASE("what is no number breaks the rule of its field", "[supernet][recipe]") {
  TrainRecipe recipe;
  recipe.learning_rate = recipe.momentum = recipe.weight_decay = std::numeric_limits<double>::quiet_NaN();
  recipe.gradient_clip = std::numeric_limits<double>::infinity();
  CHECK(validate(recipe).size() == 4);
}
