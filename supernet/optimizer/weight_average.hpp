#pragma once
#include <vector>

#include "supernet/data/binary_file.hpp"
#include "supernet/training_network.hpp"

namespace thimble {

/// The exponential moving average of weights. Its decay grows from 0 with the steps, as (1 + t) / (10 + t), up to its
/// own, so that early weights do not linger.
class WeightAverage {
 public:
  explicit WeightAverage(double decay) : decay_(decay) {}  ///< 0: keeps none

  void add(const std::vector<Parameter>& parameters);
  /// Writes the average into the parameters and begins anew; nothing where there is none yet.
  void apply(const std::vector<Parameter>& parameters);
  void write(BinaryWriter& writer) const;
  void read(BinaryReader& reader);

 private:
  double decay_;
  int steps_ = 0;
  std::vector<std::vector<float>> values_;
};

}  // namespace thimble
