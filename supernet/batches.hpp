#pragma once
#include <cstdint>
#include <vector>

#include "supernet/data/image_set.hpp"
#include "supernet/data/resize.hpp"
#include "supernet/trainer.hpp"

namespace thimble {

/// uint8 pictures [N,S,S,C] and their labels.
struct Batch {
  int count = 0, size = 0, channels = 0;
  std::vector<std::uint8_t> pixels;
  std::vector<std::int64_t> labels;
  double mixed = 0;                        ///< share of another picture in each (mixup); its label is in
  std::vector<std::int64_t> mixed_labels;  ///< where mixed > 0
};

/// The training pictures in a seeded order, epoch after epoch, augmented: shifted, mirrored, resized, recoloured.
class BatchSource {
 public:
  BatchSource(const ImageSet& images, const TrainRecipe& recipe, std::uint64_t seed);

  /// One shard of the batch of a step, a function of (seed, step, resolution, shard) alone.
  Batch batch(int step, int resolution, int shard = 0);

 private:
  int picture(std::int64_t position);
  void augment(int step, int first, int place, int picture, const Resizer& resizer, Batch& batch) const;

  const ImageSet& images_;
  const TrainRecipe& recipe_;
  std::uint64_t seed_;
  std::int64_t epoch_ = -1;  // whose order is held
  std::vector<int> order_;
};

}  // namespace thimble
