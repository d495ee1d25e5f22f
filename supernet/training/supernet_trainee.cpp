#include "supernet/training/supernet_trainee.hpp"

#include "supernet/phase_subnets.hpp"
#include "supernet/training_key.hpp"

namespace thimble {

SupernetTrainee::SupernetTrainee(Supernet& supernet, const std::optional<Subnet>& fixed, const TrainRecipe& recipe,
                                 std::uint64_t seed)
    : weights_(supernet.weights()),
      fixed_(fixed),
      label_smoothing_(recipe.label_smoothing),
      seed_(seed),
      key_(key_of(supernet, fixed)) {}

StepPasses SupernetTrainee::passes(const Phase& phase, int step, BatchSource& source, const Shards& shards) {
  const std::vector<Subnet> subnets = this->subnets(phase, step);
  network().clear_gradients();
  StepPasses done;
  for (int shard = shards.first; shard < shards.end; ++shard) {
    const Batch batch = source.batch(step, subnets.front().resolution, shard);
    done.loss += add_gradients(phase, subnets, batch);
    done.count += static_cast<int>(subnets.size());
  }
  return done;
}

/// @return the sum of the subnets' losses
double SupernetTrainee::add_gradients(const Phase& phase, const std::vector<Subnet>& subnets, const Batch& batch) {
  std::vector<float> teacher = answers_of_teacher(phase, batch);
  double loss = 0;
  for (const Subnet& subnet : subnets) {
    const bool taught = !teacher.empty();
    loss += network().add_gradients(layers_of(weights_.space, subnet), batch,
                                    {label_smoothing_, taught ? phase.distillation : 0, taught ? &teacher : nullptr});
    if (!taught && phase.teacher == Phase::kInPlace) teacher = network().probabilities();
  }
  return loss;
}

bool SupernetTrainee::begin_phase(const Phase& phase) {
  if (phase.sort_channels) sort_hidden_channels(weights_);
  return phase.sort_channels;
}

void SupernetTrainee::end_phase(const TrainRecipe& recipe, const Phase& phase) {
  for (const Phase& later : recipe.phases)
    if (later.teacher == phase.name) teachers_.insert_or_assign(phase.name, weights_);
}

void SupernetTrainee::write(BinaryWriter& writer) const {
  write_weights(writer, weights_);
  writer.put(static_cast<std::uint64_t>(teachers_.size()));
  for (const auto& [name, weights] : teachers_) {
    writer.put(std::string_view(name));
    write_weights(writer, weights);
  }
}

void SupernetTrainee::read(BinaryReader& reader, const std::string& path) {
  read_weights(reader, weights_, path);
  network_.reset();
  for (auto left = reader.get<std::uint64_t>(); left > 0; --left) {
    SupernetWeights& teacher = teachers_.insert_or_assign(reader.get_text(), weights_).first->second;
    read_weights(reader, teacher, path);
  }
}

TrainingNetwork& SupernetTrainee::network() {
  if (!network_) network_.emplace(weights_);
  return *network_;
}

std::vector<Subnet> SupernetTrainee::subnets(const Phase& phase, int step) const {
  if (fixed_) return {*fixed_};
  return subnets_of_step(narrowed(weights_.space, phase.elastic), phase, seed_, step);
}

/// Of the weights at the end of an earlier phase; empty where no such phase teaches this one.
std::vector<float> SupernetTrainee::answers_of_teacher(const Phase& phase, const Batch& batch) {
  const auto found = teachers_.find(phase.teacher);
  if (found == teachers_.end()) return {};
  Subnet subnet = largest(weights_.space);
  subnet.resolution = batch.size;
  return TrainingNetwork(found->second).probabilities(layers_of(weights_.space, subnet), batch);
}

}  // namespace thimble
