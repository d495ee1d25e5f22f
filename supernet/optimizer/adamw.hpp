#pragma once
#include <cstdint>

#include "supernet/optimizer/optimizer.hpp"

namespace thimble {

/// Adam with decoupled weight decay (Loshchilov and Hutter 2017, arXiv:1711.05101). A parameter's moments are corrected
/// by the number of its own steps: subnets do not use every parameter in every step.
class AdamW final : public Optimizer {
 public:
  AdamW(double momentum, double second_momentum, double weight_decay)
      : beta1_(momentum), beta2_(second_momentum), decay_(weight_decay) {}

  void step(const std::vector<Parameter>& parameters, double learning_rate, double scale) override;
  void forget() override;
  void write(BinaryWriter& writer) const override;
  void read(BinaryReader& reader) override;

 private:
  void update(const Parameter& parameter, std::size_t index, double learning_rate, double scale);

  double beta1_, beta2_, decay_;
  std::vector<std::vector<float>> first_, second_;  // moments, one per parameter; empty before the first step
  std::vector<std::int64_t> steps_;                 // of each parameter
};

}  // namespace thimble
