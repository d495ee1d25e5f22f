#include "supernet/data/data.hpp"

#include <algorithm>
#include <numeric>

#include "graph/base/error.hpp"
#include "graph/base/rng.hpp"
#include "supernet/data/image_folder.hpp"
#include "supernet/data/rendered.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kValidationStream = 0x7a11d;

/// Moves a seeded choice of the training pictures to the validation split.
void cut_validation(DataSplits& splits, const DataConfig& config) {
  const int count = splits.train.count();
  if (config.validation_images < 1 || config.validation_images >= count)
    throw ConfigError(
        {ConfigIssue{"", 0, 0, "data.validation_images", std::to_string(config.validation_images),
                     "must be in [1, " + std::to_string(count - 1) + "], fewer than the training pictures"}});
  std::vector<int> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Rng({config.seed, kValidationStream}).shuffle(order);
  std::vector<int> validation(order.begin(), order.begin() + config.validation_images);
  std::vector<int> train(order.begin() + config.validation_images, order.end());
  std::sort(validation.begin(), validation.end());
  std::sort(train.begin(), train.end());
  splits.validation = subset(splits.train, validation);
  splits.train = subset(splits.train, train);
}

}  // namespace

DataSplits load_data(const DataConfig& config) {
  DataSplits splits;
  if (config.kind == "image_folder") {
    splits = load_image_folder(config);
  } else if (config.kind == "rendered") {
    splits.train = render_figures(config.train_images, config.image_size, config.seed, 0, config.threads);
    splits.test = render_figures(config.test_images, config.image_size, config.seed, 1, config.threads);
  } else {
    throw ConfigError({ConfigIssue{"", 0, 0, "data.kind", config.kind, "must be rendered or image_folder"}});
  }
  cut_validation(splits, config);
  return splits;
}

}  // namespace thimble
