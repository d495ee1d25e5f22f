#include "supernet/recipe/recipe.hpp"

#include <limits>

#include "graph/base/error.hpp"
#include "supernet/phase_subnets.hpp"
#include "supernet/recipe/recipe_file.hpp"
#include "supernet/recipe/schedule.hpp"
#include "tests/catch.hpp"
#include "tests/supernet/small_space.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

/// "field rule" of each problem.
std::vector<std::string> problems_of(const TrainRecipe& recipe) {
  std::vector<std::string> texts;
  for (const RecipeProblem& problem : validate(recipe)) texts.push_back(problem.field + " " + problem.rule);
  return texts;
}

using Texts = std::vector<std::string>;

TrainRecipe recipe_of(const std::string& yaml) {
  ConfigFile file = ConfigFile::parse(yaml, "job.yaml");
  const TrainRecipe recipe = read_recipe(file.root(), ".");
  file.finish();
  return recipe;
}

}  // namespace

TEST_CASE("the default recipe is sound, and so are the ends of the ranges", "[supernet][recipe]") {
  TrainRecipe recipe;
  CHECK(problems_of(recipe).empty());
  recipe.batch = 2;
  recipe.passes = 1;
  recipe.phases[1].distillation = 1;
  recipe.phases[1].teacher = "largest";
  recipe.momentum = 0.99999;
  recipe.gradient_clip = recipe.weight_decay = recipe.augmentation.colour_jitter = 0;
  CHECK(problems_of(recipe).empty());
}

TEST_CASE("a bad recipe is described field by field, all at once", "[supernet][recipe]") {
  TrainRecipe recipe;
  recipe.batch = 1;
  recipe.learning_rate = 0;
  recipe.optimizer = "lion";
  recipe.momentum = recipe.augmentation.colour_jitter = 1;
  recipe.augmentation.crop_pixels = 65;
  recipe.phases[1].elastic.depth = 0;
  CHECK(problems_of(recipe) ==
        Texts{"batch must be in [2, 4096]", "learning_rate must be > 0 and finite", "optimizer must be sgd or adamw",
              "momentum must be in [0, 1)", "augmentation.crop_pixels must be in [0, 64]",
              "augmentation.colour_jitter must be in [0, 1)",
              "phases[1].elastic.depth must be >= 1: so many of the largest values; leave it out for all"});
}

TEST_CASE("fields that only contradict each other name one of them", "[supernet][recipe]") {
  TrainRecipe recipe;
  Phase& phase = recipe.phases[1];
  SECTION("no phases") {
    recipe.phases.clear();
    CHECK(problems_of(recipe) == Texts{"phases must be a list of at least one phase"});
  }
  SECTION("a sandwich of one") {
    phase.sandwich = true;
    phase.subnets_per_step = 1;
    CHECK(problems_of(recipe) ==
          Texts{"phases[1].subnets_per_step must be >= 2 with sandwich: the largest and the smallest"});
  }
  SECTION("a teacher in place without a sandwich") {
    phase.teacher = "in_place";
    CHECK(problems_of(recipe) ==
          Texts{"phases[1].teacher in_place needs sandwich: the largest subnet of a step teaches the others"});
  }
  SECTION("a phase cannot teach itself") {
    phase.teacher = "sampled";
    CHECK(problems_of(recipe) == Texts{"phases[1].teacher must be in_place or the name of an earlier phase"});
  }
  SECTION("distillation by nobody") {
    phase.distillation = 0.5;
    CHECK(problems_of(recipe) ==
          Texts{"phases[1].teacher must name in_place or an earlier phase where distillation is > 0"});
  }
}

TEST_CASE("what is no number breaks the rule of its field", "[supernet][recipe]") {
  TrainRecipe recipe;
  recipe.learning_rate = recipe.momentum = recipe.weight_decay = std::numeric_limits<double>::quiet_NaN();
  recipe.gradient_clip = std::numeric_limits<double>::infinity();
  CHECK(validate(recipe).size() == 4);
}

TEST_CASE("passes are shared out over phases and subnets", "[supernet][recipe]") {
  TrainRecipe recipe;
  recipe.passes = 900;
  CHECK(steps_of_phases(recipe) == std::vector<int>{100, 200});
  const Schedule schedule(recipe);
  CHECK(schedule.steps() == 300);
  CHECK(schedule.begins_phase(0));
  CHECK(schedule.begins_phase(100));
  CHECK_FALSE(schedule.begins_phase(101));
  CHECK(schedule.at(299).phase == 1);
  CHECK(schedule.at(299).step == 199);
  CHECK(schedule.learning_rate(0) == Approx(0.1));          // warming up over 2 steps of 100
  CHECK(schedule.learning_rate(2) == Approx(0.2));          // the peak
  CHECK(schedule.learning_rate(99) < 0.001);                // the end of the first phase
  CHECK(schedule.learning_rate(104) == Approx(0.5 * 0.2));  // the peak of the second, half as high
}

TEST_CASE("a narrowed space holds the largest values of each choice", "[supernet][recipe]") {
  Elastic elastic;
  elastic.kernel = 2;
  elastic.depth = 1;
  elastic.width = 1;
  const SearchSpace part = narrowed(small_space(), elastic);
  CHECK(part.resolutions == std::vector<int>{16, 24});
  CHECK(part.width_multipliers == std::vector<double>{1.5});
  CHECK(part.stages[0].kernel_sizes == std::vector<int>{5, 7});
  CHECK(part.stages[1].kernel_sizes == std::vector<int>{3, 5});
  CHECK(part.stages[1].depths == std::vector<int>{3});
  CHECK(part.stages[1].expansion_ratios == std::vector<int>{2, 4});
}

TEST_CASE("a step's subnets are of its phase's part of the space, at one resolution", "[supernet][recipe]") {
  const SearchSpace space = small_space();
  Phase phase;
  phase.subnets_per_step = 4;
  phase.elastic.depth = 1;
  const SearchSpace part = narrowed(space, phase.elastic);
  SECTION("random ones") {
    for (const Subnet& subnet : subnets_of_step(part, phase, 1, 7)) {
      CHECK(why_outside(subnet, space).empty());
      CHECK(subnet.stages[1].size() == 3);
      CHECK(subnet.resolution == subnets_of_step(part, phase, 1, 7).front().resolution);
    }
    CHECK(subnets_of_step(part, phase, 1, 7) != subnets_of_step(part, phase, 1, 8));
  }
  SECTION("a sandwich begins with the largest and the smallest") {
    phase.sandwich = true;
    const std::vector<Subnet> subnets = subnets_of_step(part, phase, 1, 7);
    CHECK(subnets[0].stages == largest(part).stages);
    CHECK(subnets[1].stages == smallest(part).stages);
  }
}

TEST_CASE("the recipes that Thimble brings with it are sound", "[supernet][recipe]") {
  CHECK(recipe_names() == Texts{"mcunet", "progressive", "sandwich", "short"});
  for (const std::string& name : recipe_names()) {
    INFO(name);
    CHECK(problems_of(recipe_of("{recipe: " + name + "}")).empty());
  }
  const TrainRecipe recipe = recipe_of("{recipe: progressive}");
  CHECK(recipe.phases.size() == 5);
  CHECK(recipe.phases[1].elastic.depth == 1);
  CHECK(recipe.phases[1].elastic.kernel == Elastic::kAll);
  CHECK(steps_of_phases(recipe_of("{}")) == steps_of_phases(TrainRecipe()));  // mcunet is the default
}

TEST_CASE("a job's keys lie over its recipe's, and problems stand where they are", "[supernet][recipe]") {
  const TrainRecipe recipe = recipe_of("{recipe: sandwich, passes: 77, augmentation: {erase: 0.5}}");
  CHECK(recipe.passes == 77);
  CHECK(recipe.phases.front().sandwich);
  CHECK(recipe.augmentation.erase == 0.5);
  CHECK_THROWS_WITH(recipe_of("recipe: sandwitch"), Catch::Contains("did you mean sandwich?"));
  CHECK_THROWS_WITH(recipe_of("phases:\n  - {name: a}\n  - {name: b, share: 0}"),
                    Catch::Contains("3:22  phases[1].share = 0  must be > 0"));
  CHECK_THROWS_WITH(recipe_of("augmentation: {flop: true}"), Catch::Contains("augmentation.flop"));
  CHECK_THROWS_WITH(recipe_of("recipe: nowhere/mine.yaml"), Catch::Contains("mine.yaml"));
}
