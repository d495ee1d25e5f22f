#include "cli/job_data.hpp"

#include <algorithm>
#include <optional>

#include "cli/job_reading.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

/// A key that only some kinds of data have.
struct KindKey {
  const char* key;
  std::vector<std::string> kinds;
};

const std::vector<KindKey>& kind_keys() {
  static const std::vector<KindKey> keys{
      {"train_images", {"rendered"}},
      {"test_images", {"rendered"}},
      {"path", {"image_folder", "cifar", "idx", "numpy"}},
      {"max_images", {"image_folder", "cifar", "idx", "numpy"}},
      {"test_share", {"image_folder", "idx", "numpy"}},
      {"max_corrupt_share", {"image_folder"}},
      {"labels", {"cifar"}},
      {"class_names", {"idx", "numpy"}},
  };
  return keys;
}

bool has_kind(const KindKey& key, const std::string& kind) {
  return std::find(key.kinds.begin(), key.kinds.end(), kind) != key.kinds.end();
}

std::string listed(const std::vector<std::string>& words) {
  std::string text = words.front();
  for (std::size_t i = 1; i < words.size(); ++i) text += (i + 1 < words.size() ? ", " : " or ") + words[i];
  return text;
}

void refuse_other_kinds(ConfigMap& map, const std::string& kind) {
  for (const KindKey& key : kind_keys())
    if (!has_kind(key, kind) && map.has(key.key))
      map.problem(key.key, "belongs to kind: " + listed(key.kinds) + "; delete it");
}

/// Red, green and blue, or grey; nothing where the files say it.
std::optional<int> channels_of(const std::string& kind) {
  if (kind == "numpy") return std::nullopt;
  return kind == "idx" ? 1 : 3;
}

ConfigIssue channel_issue(int channels, const SearchSpace& space, const std::string& space_file) {
  return {space_file,
          0,
          0,
          "input_channels",
          std::to_string(space.input_channels),
          channels == 3 ? "must be 3: pictures have red, green and blue"
                        : "must be " + std::to_string(channels) + ": the pictures are grey"};
}

}  // namespace

void read_data(ConfigMap map, const fs::path& folder, DataConfig& data) {
  map.read_choice("kind", data.kind, {"rendered", "image_folder", "cifar", "idx", "numpy"});
  refuse_other_kinds(map, data.kind);
  map.read("image_size", data.image_size, {.least = 8, .most = 1024});
  map.read("validation_images", data.validation_images, {.least = 1});
  if (data.kind == "rendered") {
    map.read("train_images", data.train_images, {.least = 2});
    map.read("test_images", data.test_images, {.least = 1});
    if (data.validation_images >= data.train_images)
      map.problem("validation_images", "must be fewer than train_images: they are cut from them");
    return;
  }
  map.require("path");
  read_path(map, "path", folder, data.path);
  map.read("max_images", data.max_images, {.least = 0});
  if (data.kind != "cifar") map.read("test_share", data.test_share, {.above = 0, .most = 0.9});
  if (data.kind == "image_folder") map.read("max_corrupt_share", data.max_corrupt_share, {.least = 0, .most = 1});
  if (data.kind == "cifar") map.read_choice("labels", data.labels, {"fine", "coarse"});
  if ((data.kind == "idx" || data.kind == "numpy") && map.has("class_names"))
    map.read("class_names", data.class_names);  // no default to write down: names are of the files then
}

std::vector<ConfigIssue> kind_issues(const DataConfig& data, const SearchSpace& space, const std::string& space_file) {
  std::vector<ConfigIssue> issues;
  if (const auto channels = channels_of(data.kind); channels && *channels != space.input_channels)
    issues.push_back(channel_issue(*channels, space, space_file));
  if (data.kind == "rendered" && space.classes != 2)
    issues.push_back({space_file, 0, 0, "classes", std::to_string(space.classes),
                      "must be 2: rendered pictures show a figure or none"});
  return issues;
}

std::vector<ConfigIssue> picture_issues(const ImageSet& pictures, const SearchSpace& space,
                                        const std::string& space_file) {
  std::vector<ConfigIssue> issues;
  if (pictures.channels != space.input_channels) issues.push_back(channel_issue(pictures.channels, space, space_file));
  if (pictures.classes() != space.classes)
    issues.push_back({space_file, 0, 0, "classes", std::to_string(space.classes),
                      "must be " + std::to_string(pictures.classes()) + ", as many as the pictures have"});
  return issues;
}

}  // namespace thimble
