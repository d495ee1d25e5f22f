#include "supernet/recipe/recipe_file.hpp"

#include <map>

#include "graph/base/nearest_word.hpp"
#include "supernet/recipe/built_in.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

/// The mappings of a recipe by the prefix of their fields, so that a problem is shown where it stands.
using Places = std::map<std::string, ConfigMap>;

void read_elastic(ConfigMap map, Elastic& elastic) {
  const auto read = [&](const char* key, int& count) {
    if (map.has(key)) map.read(key, count);  // absent: all
  };
  read("resolution", elastic.resolution);
  read("kernel", elastic.kernel);
  read("depth", elastic.depth);
  read("expansion", elastic.expansion);
  read("width", elastic.width);
  for (const char* key : {"resolution", "kernel", "depth", "expansion", "width"}) map.skip(key);
}

Phase read_phase(ConfigMap map, Places& places, const std::string& prefix) {
  Phase phase;
  places.emplace(prefix, map);
  map.read("name", phase.name);
  map.read("share", phase.share);
  ConfigMap elastic = map.map("elastic");
  places.emplace(prefix + "elastic.", elastic);
  read_elastic(elastic, phase.elastic);
  map.read("sandwich", phase.sandwich);
  map.read("subnets_per_step", phase.subnets_per_step);
  map.read("learning_rate", phase.learning_rate);
  map.read("sort_channels", phase.sort_channels);
  map.read("distillation", phase.distillation);
  map.read("teacher", phase.teacher);
  return phase;
}

void read_augmentation(ConfigMap map, Augmentation& augmentation) {
  map.read("crop_pixels", augmentation.crop_pixels);
  map.read("flip", augmentation.flip);
  map.read("colour_jitter", augmentation.colour_jitter);
  map.read("operations", augmentation.operations);
  map.read("magnitude", augmentation.magnitude);
  map.read("erase", augmentation.erase);
  map.read("mixup", augmentation.mixup);
}

void read_phases(ConfigMap& map, TrainRecipe& recipe, Places& places) {
  if (!map.has("phases")) return map.skip("phases");
  recipe.phases.clear();
  for (const ConfigMap& phase : map.maps("phases"))
    recipe.phases.push_back(read_phase(phase, places, "phases[" + std::to_string(recipe.phases.size()) + "]."));
}

void show_problems(const TrainRecipe& recipe, Places& places) {
  for (const RecipeProblem& problem : validate(recipe)) {
    const std::size_t split = problem.field.rfind('.') + 1;  // 0 where there is none
    const auto place = places.find(problem.field.substr(0, split));
    if (place != places.end())
      place->second.problem(problem.field.substr(split), problem.rule);
    else
      places.at("").problem("phases", problem.field + " " + problem.rule);  // of the recipe that was laid under
  }
}

TrainRecipe laid_over(ConfigMap map, TrainRecipe recipe) {
  Places places{{"", map}};
  map.read("batch", recipe.batch);
  map.read("shards", recipe.shards);
  map.read("passes", recipe.passes);
  map.read("learning_rate", recipe.learning_rate);
  map.read("warm_up", recipe.warm_up);
  map.read("optimizer", recipe.optimizer);
  map.read("momentum", recipe.momentum);
  map.read("second_momentum", recipe.second_momentum);
  map.read("weight_decay", recipe.weight_decay);
  map.read("label_smoothing", recipe.label_smoothing);
  map.read("gradient_clip", recipe.gradient_clip);
  map.read("averaging", recipe.averaging);
  ConfigMap augmentation = map.map("augmentation");
  places.emplace("augmentation.", augmentation);
  read_augmentation(augmentation, recipe.augmentation);
  read_phases(map, recipe, places);
  show_problems(recipe, places);
  return recipe;
}

TrainRecipe finished(ConfigFile file) {
  const TrainRecipe recipe = laid_over(file.root(), {});
  file.finish();
  return recipe;
}

/// The recipe of key `recipe`; a problem and the default where there is none of that name.
TrainRecipe named_recipe(ConfigMap& map, const fs::path& folder) {
  std::string name = "mcunet";
  map.read("recipe", name);
  if (fs::path(name).extension() == ".yaml") {
    const fs::path file = fs::weakly_canonical(folder / name);
    map.resolve("recipe", file.string());
    return finished(ConfigFile::load(file.string()));
  }
  for (const BuiltInRecipe& recipe : kBuiltInRecipes)
    if (name == recipe.name) return finished(ConfigFile::parse(recipe.yaml, "recipe " + name));
  std::string rule = "must be a .yaml file or one of";
  for (const std::string& known : recipe_names()) rule += " " + known;
  const std::string near = nearest_word(name, recipe_names());
  map.problem("recipe", near.empty() ? rule : rule + "; did you mean " + near + "?");
  return {};
}

}  // namespace

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const BuiltInRecipe& recipe : kBuiltInRecipes) names.emplace_back(recipe.name);
  return names;
}

TrainRecipe read_recipe(ConfigMap map, const fs::path& folder) { return laid_over(map, named_recipe(map, folder)); }

}  // namespace thimble
