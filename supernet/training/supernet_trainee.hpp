#pragma once
#include <cstdint>
#include <map>
#include <optional>

#include "supernet/supernet.hpp"
#include "supernet/training/trainee.hpp"
#include "supernet/weights.hpp"

namespace thimble {

/// A supernet, or one subnet with the supernet's weights.
class SupernetTrainee final : public Trainee {
 public:
  /// @param fixed  the one subnet that is trained; none: those that the phases draw
  SupernetTrainee(Supernet& supernet, const std::optional<Subnet>& fixed, const TrainRecipe& recipe,
                  std::uint64_t seed);

  std::string key() const override { return key_; }
  StepPasses passes(const Phase& phase, int step, BatchSource& source, const Shards& shards) override;
  std::vector<Parameter> parameters() override { return network().parameters(); }
  bool begin_phase(const Phase& phase) override;
  void end_phase(const TrainRecipe& recipe, const Phase& phase) override;
  void write(BinaryWriter& writer) const override;
  void read(BinaryReader& reader, const std::string& path) override;

 private:
  TrainingNetwork& network();  // made when it is first needed: a checkpoint moves the weights
  std::vector<Subnet> subnets(const Phase& phase, int step) const;
  double add_gradients(const Phase& phase, const std::vector<Subnet>& subnets, const Batch& batch);
  std::vector<float> answers_of_teacher(const Phase& phase, const Batch& batch);

  SupernetWeights& weights_;
  std::optional<Subnet> fixed_;
  double label_smoothing_;
  std::uint64_t seed_;
  std::string key_;
  std::optional<TrainingNetwork> network_;
  std::map<std::string, SupernetWeights> teachers_;  // by the name of the phase that they ended
};

}  // namespace thimble
