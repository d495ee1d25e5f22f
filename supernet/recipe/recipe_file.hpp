#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "graph/base/config.hpp"
#include "supernet/recipe/recipe.hpp"

namespace thimble {

/// The recipes that Thimble brings with it (configs/recipes), by name.
std::vector<std::string> recipe_names();

/// Reads a recipe: the one that key `recipe` names (one of recipe_names, or a YAML file relative to `folder`), else
/// mcunet, with the other keys of `map` laid over it. Problems go to the map's file.
/// @error ConfigError  the recipe's own file is missing or wrong
TrainRecipe read_recipe(ConfigMap map, const std::filesystem::path& folder);

}  // namespace thimble
