#include "supernet/optimizer/optimizer.hpp"

#include <cmath>

#include "supernet/optimizer/adamw.hpp"
#include "supernet/optimizer/sgd.hpp"

namespace thimble {

std::unique_ptr<Optimizer> make_optimizer(const TrainRecipe& recipe) {
  if (recipe.optimizer == "adamw")
    return std::make_unique<AdamW>(recipe.momentum, recipe.second_momentum, recipe.weight_decay);
  return std::make_unique<Sgd>(recipe.momentum, recipe.weight_decay);
}

double gradient_norm(const std::vector<Parameter>& parameters) {
  double squares = 0;
  for (const Parameter& parameter : parameters) {
    if (!parameter.gradient) continue;
    for (std::size_t i = 0; i < parameter.values->size(); ++i)
      squares += static_cast<double>(parameter.gradient[i]) * static_cast<double>(parameter.gradient[i]);
  }
  return std::sqrt(squares);
}

}  // namespace thimble
