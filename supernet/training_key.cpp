#include "supernet/training_key.hpp"

#include <bit>

#include "graph/base/hash.hpp"

namespace thimble {
namespace {

/// A text that differs wherever a value that was added differs, in its last bit too.
class KeyText {
 public:
  void add_text(std::string_view part) { (text_ += part) += '\n'; }
  void add(double value) { add_text(to_hex(std::bit_cast<std::uint64_t>(value))); }
  template <class T>
  void add_all(const std::vector<T>& values) {
    add(static_cast<double>(values.size()));
    for (const T& value : values) add(value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void add_space(KeyText& key, const SearchSpace& space) {
  for (int value : {space.input_channels, space.classes, space.stem_base_width, space.first_block_base_width})
    key.add(value);
  key.add_all(space.resolutions);
  key.add_all(space.width_multipliers);
  for (const Stage& stage : space.stages) {
    key.add(stage.base_width);
    key.add(stage.stride);
    for (const std::vector<int>* choices : {&stage.depths, &stage.kernel_sizes, &stage.expansion_ratios})
      key.add_all(*choices);
  }
}

void add_phase(KeyText& key, const Phase& phase) {
  const Elastic& e = phase.elastic;
  for (const std::string& text : {phase.name, phase.teacher}) key.add_text(text);
  for (int value : {e.resolution, e.kernel, e.depth, e.expansion, e.width, phase.subnets_per_step}) key.add(value);
  for (bool value : {phase.sandwich, phase.sort_channels}) key.add(value ? 1 : 0);
  for (double value : {phase.share, phase.learning_rate, phase.distillation}) key.add(value);
}

void add_recipe(KeyText& key, const TrainRecipe& r) {
  const Augmentation& a = r.augmentation;
  key.add_text(r.optimizer);
  for (int value : {r.batch, r.shards, r.passes, a.crop_pixels, a.operations}) key.add(value);
  key.add(a.flip ? 1 : 0);
  for (double value : {r.learning_rate, r.warm_up, r.momentum, r.second_momentum, r.weight_decay, r.label_smoothing,
                       r.gradient_clip, r.averaging, a.colour_jitter, a.magnitude, a.erase, a.mixup})
    key.add(value);
  key.add(static_cast<double>(r.phases.size()));
  for (const Phase& phase : r.phases) add_phase(key, phase);
}

}  // namespace

std::uint64_t training_key(const std::string& trainee, const ImageSet& images, const TrainRecipe& recipe,
                           const TrainOptions& options, std::string_view kernels) {
  KeyText key;
  key.add_text(trainee);
  add_recipe(key, recipe);
  key.add(options.curve_every_steps);
  for (std::uint64_t value : {options.seed, fingerprint(images)}) key.add_text(to_hex(value));
  key.add_text(kernels);
  return fnv1a64(key.text());
}

std::string key_of(const Supernet& supernet, const std::optional<Subnet>& fixed) {
  KeyText key;
  add_space(key, supernet.space());
  key.add_text(fixed ? to_text(*fixed) : "space");
  key.add_text(to_hex(supernet.fingerprint()));
  return key.text();
}

}  // namespace thimble
