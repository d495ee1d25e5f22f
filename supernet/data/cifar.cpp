#include "supernet/data/cifar.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "supernet/data/data_file.hpp"
#include "supernet/data/stored_pictures.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

constexpr int kSide = 32;
constexpr std::size_t kPlane = kSide * kSide, kPicture = 3 * kPlane;

/// How the files of one version lie.
struct Version {
  std::vector<fs::path> train;
  fs::path test, names;
  std::size_t label_bytes = 1, label_at = 0;
};

/// data_batch_1.bin to the highest number that is there; a gap is found when its file is read.
std::vector<fs::path> batch_files(const fs::path& root) {
  int highest = 0;
  for (const auto& entry : fs::directory_iterator(root)) {
    int number = 0;
    if (std::sscanf(entry.path().filename().c_str(), "data_batch_%d.bin", &number) == 1)
      highest = std::max(highest, number);
  }
  std::vector<fs::path> files;
  for (int i = 1; i <= highest; ++i) files.push_back(root / ("data_batch_" + std::to_string(i) + ".bin"));
  return files;
}

Version version_of(const DataConfig& config) {
  const fs::path root(config.path);
  require_folder(root);
  const std::vector<fs::path> batches = batch_files(root);
  const bool coarse = config.labels == "coarse";
  if (fs::exists(root / "train.bin"))
    return {
        {root / "train.bin"}, root / "test.bin", root / (config.labels + "_label_names.txt"), 2, coarse ? 0UL : 1UL};
  if (batches.empty())
    refuse_path(root, "must hold data_batch_1.bin (CIFAR-10) or train.bin (CIFAR-100), of the binary version");
  if (coarse) throw ConfigError({{"", 0, 0, "data.labels", "coarse", "must be fine: CIFAR-10 has one kind of label"}});
  return {batches, root / "test_batch.bin", root / "batches.meta.txt", 1, 0};
}

/// Planes of red, green and blue become pixels.
void append_pixels(const std::uint8_t* planes, std::vector<std::uint8_t>& pixels) {
  for (std::size_t i = 0; i < kPlane; ++i)
    for (std::size_t c = 0; c < 3; ++c) pixels.push_back(planes[c * kPlane + i]);
}

void append_file(const fs::path& path, const Version& version, std::size_t classes, StoredPictures& pictures) {
  const std::vector<std::uint8_t> bytes = read_data_file(path);
  const std::size_t record = version.label_bytes + kPicture;
  if (bytes.empty() || bytes.size() % record != 0)
    refuse_path(path, "must be whole pictures of " + std::to_string(record) + " bytes; it ends at byte " +
                          std::to_string(bytes.size()) + ", within picture " + std::to_string(bytes.size() / record));
  pictures.pixels.reserve(pictures.pixels.size() + bytes.size());
  for (std::size_t start = 0; start < bytes.size(); start += record) {
    const std::size_t label = bytes[start + version.label_at];
    if (label >= classes)
      refuse_path(path, "labels must be in [0, " + std::to_string(classes - 1) + "]; picture " +
                            std::to_string(start / record) + " has " + std::to_string(label));
    pictures.labels.push_back(static_cast<int>(label));
    append_pixels(bytes.data() + start + version.label_bytes, pictures.pixels);
  }
}

/// All files that should be there, so that every missing one is named at once.
void require_files(const Version& version) {
  std::vector<fs::path> files = version.train;
  files.insert(files.end(), {version.test, version.names});
  std::vector<ConfigIssue> missing;
  for (const fs::path& file : files)
    if (!fs::exists(file)) missing.push_back(path_issue(file, "must be there; the file is missing"));
  if (!missing.empty()) throw ConfigError(missing);
}

}  // namespace

DataSplits load_cifar(const DataConfig& config) {
  const Version version = version_of(config);
  require_files(version);
  const std::vector<std::string> names = read_names(version.names);
  if (names.size() < 2) refuse_path(version.names, "must hold a line for each class, at least two");
  StoredPictures train{kSide, kSide, 3, {}, {}}, test = train;
  for (const fs::path& file : version.train) append_file(file, version, names.size(), train);
  append_file(version.test, version, names.size(), test);
  return split_stored(train, &test, names, config);
}

}  // namespace thimble
