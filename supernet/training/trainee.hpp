#pragma once
#include <string>
#include <vector>

#include "supernet/batches.hpp"
#include "supernet/data/binary_file.hpp"
#include "supernet/recipe/recipe.hpp"
#include "supernet/training_network.hpp"

namespace thimble {

/// The passes of one step: their gradients are summed up in the parameters.
struct StepPasses {
  double loss = 0;  ///< sum over the passes
  int count = 0;
};

/// Shards [first, end) of a step's batch.
struct Shards {
  int first = 0, end = 1;
};

/// What a training trains: a supernet, one of its subnets, a network of its own.
class Trainee {
 public:
  virtual ~Trainee() = default;

  /// A text that differs where the trainee differs, in its values too.
  virtual std::string key() const = 0;
  /// Runs the passes of a step forward and backward, on some shards of its batch.
  virtual StepPasses passes(const Phase& phase, int step, BatchSource& source, const Shards& shards) = 0;
  /// With the gradients of the last `passes`; the order is always the same.
  virtual std::vector<Parameter> parameters() = 0;
  /// @return true where what an optimizer remembers does not hold any more
  virtual bool begin_phase(const Phase&) { return false; }
  virtual void end_phase(const TrainRecipe&, const Phase&) {}

  virtual void write(BinaryWriter& writer) const = 0;
  virtual void read(BinaryReader& reader, const std::string& path) = 0;
};

}  // namespace thimble
