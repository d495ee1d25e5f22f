#pragma once
#include <memory>
#include <vector>

#include "supernet/data/binary_file.hpp"
#include "supernet/recipe/recipe.hpp"
#include "supernet/training_network.hpp"

namespace thimble {

/// Changes weights by their gradients; keeps what it remembers between steps.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// Changes the values of all parameters that have a gradient.
  /// @param scale  on the gradients as they are
  virtual void step(const std::vector<Parameter>& parameters, double learning_rate, double scale) = 0;
  virtual void forget() = 0;  ///< as if no step had been done
  virtual void write(BinaryWriter& writer) const = 0;
  virtual void read(BinaryReader& reader) = 0;
};

/// The optimizer that a recipe names.
std::unique_ptr<Optimizer> make_optimizer(const TrainRecipe& recipe);

/// L2 norm over all gradients.
double gradient_norm(const std::vector<Parameter>& parameters);

}  // namespace thimble
