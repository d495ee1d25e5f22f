#pragma once
#include "supernet/optimizer/optimizer.hpp"

namespace thimble {

/// Stochastic gradient descent with Nesterov momentum; the weight decay is part of the gradient.
class Sgd final : public Optimizer {
 public:
  Sgd(double momentum, double weight_decay) : beta_(momentum), decay_(weight_decay) {}

  void step(const std::vector<Parameter>& parameters, double learning_rate, double scale) override;
  void forget() override { momentum_.clear(); }
  void write(BinaryWriter& writer) const override;
  void read(BinaryReader& reader) override;

 private:
  double beta_, decay_;
  std::vector<std::vector<float>> momentum_;  // one per parameter; empty before the first step
};

}  // namespace thimble
