#include "supernet/data/data.hpp"

#include <filesystem>
#include <numeric>

#include "graph/base/error.hpp"
#include "graph/base/rng.hpp"
#include "supernet/data/cifar.hpp"
#include "supernet/data/idx.hpp"
#include "supernet/data/image_folder.hpp"
#include "supernet/data/numpy.hpp"
#include "supernet/data/rendered.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kValidationStream = 0x7a11d;
constexpr std::uint64_t kTestStream = 0x7e57;

std::vector<int> seeded_order(int count, std::uint64_t seed, std::uint64_t stream) {
  std::vector<int> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Rng({seed, stream}).shuffle(order);
  return order;
}

/// Refuses so many validation pictures that a class has none left to train on.
void check_classes(const ImageSet& train, const DataConfig& config) {
  std::vector<ConfigIssue> issues;
  for (const std::string& name : missing_classes(train.class_names, train.labels))
    issues.push_back({"", 0, 0, "data.validation_images", std::to_string(config.validation_images),
                      "must leave every class pictures to train; class " + name + " has none in the train split"});
  if (!issues.empty()) throw ConfigError(issues);
}

/// Moves a seeded choice of the training pictures to the validation split.
void cut_validation(DataSplits& splits, const DataConfig& config) {
  const int count = splits.train.count();
  if (config.validation_images < 1 || config.validation_images >= count)
    throw ConfigError(
        {ConfigIssue{"", 0, 0, "data.validation_images", std::to_string(config.validation_images),
                     "must be in [1, " + std::to_string(count - 1) + "], fewer than the training pictures"}});
  const std::vector<int> order = seeded_order(count, config.seed, kValidationStream);
  const auto cut = order.begin() + config.validation_images;
  splits.validation = subset(splits.train, {order.begin(), cut});
  splits.train = subset(splits.train, {cut, order.end()});
  check_classes(splits.train, config);
}

DataSplits load_rendered(const DataConfig& config) {
  DataSplits splits;
  splits.train = render_figures(config.train_images, config.image_size, config.seed, 0, config.threads);
  splits.test = render_figures(config.test_images, config.image_size, config.seed, 1, config.threads);
  return splits;
}

/// Train (validation included) and test.
DataSplits load_parts(const DataConfig& config) {
  try {
    if (config.kind == "image_folder") return load_image_folder(config);
    if (config.kind == "cifar") return load_cifar(config);
    if (config.kind == "idx") return load_idx(config);
    if (config.kind == "numpy") return load_numpy(config);
  } catch (const std::filesystem::filesystem_error& failure) {
    throw Error(failure.what());
  }
  if (config.kind == "rendered") return load_rendered(config);
  throw ConfigError({{"", 0, 0, "data.kind", config.kind, "must be rendered, image_folder, cifar, idx or numpy"}});
}

}  // namespace

DataSplits load_data(const DataConfig& config) {
  DataSplits splits = load_parts(config);
  cut_validation(splits, config);
  splits.test = subset(splits.test, seeded_order(splits.test.count(), config.seed, kTestStream));
  return splits;
}

}  // namespace thimble
