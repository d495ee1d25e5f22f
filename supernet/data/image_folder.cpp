#include "supernet/data/image_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "graph/base/error.hpp"
#include "graph/base/hash.hpp"
#include "graph/base/parallel.hpp"
#include "supernet/data/binary_file.hpp"
#include "supernet/data/class_split.hpp"
#include "supernet/data/data_file.hpp"
#include "supernet/data/decode.hpp"
#include "supernet/data/resize.hpp"

namespace thimble {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "THIMIMG";
constexpr std::uint32_t kVersion = 1;
constexpr int kNamedCorrupt = 5;  // so many are named in an error

struct Listed {
  fs::path path;
  int label = 0;
};

struct Listing {
  std::vector<std::string> classes;
  std::vector<Listed> files;  // by class, then by name
};

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with("."); }

std::vector<fs::path> sorted_entries(const fs::path& folder, bool directories) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (!is_hidden(entry.path()) && (directories ? entry.is_directory() : entry.is_regular_file()))
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

Listing list_classes(const fs::path& root) {
  if (!fs::is_directory(root)) refuse_path(root, "must be a folder of class folders; it does not exist");
  const std::vector<fs::path> folders = sorted_entries(root, true);
  if (folders.size() < 2)
    refuse_path(root, "must hold a folder per class, at least two; it holds " + std::to_string(folders.size()));
  Listing listing;
  std::vector<ConfigIssue> empty;
  for (const fs::path& folder : folders) {
    const std::vector<fs::path> files = sorted_entries(folder, false);
    if (files.empty()) empty.push_back(path_issue(folder, "class folder must hold pictures; it is empty"));
    for (const fs::path& file : files) listing.files.push_back({file, static_cast<int>(listing.classes.size())});
    listing.classes.push_back(folder.filename().string());
  }
  if (!empty.empty()) throw ConfigError(empty);
  return listing;
}

std::vector<int> labels_of(const Listing& listing) {
  std::vector<int> labels;
  for (const Listed& file : listing.files) labels.push_back(file.label);
  return labels;
}

Listing chosen(const Listing& listing, const std::vector<int>& places) {
  return {listing.classes, pick(listing.files, places)};
}

/// The bytes of a file; none where it cannot be read.
std::optional<std::vector<std::uint8_t>> read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::vector<std::uint8_t>{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The central square, resized into `output`; the reason where that fails.
std::string decode_square(const fs::path& path, int size, std::span<std::uint8_t> output) {
  const std::optional<std::vector<std::uint8_t>> bytes = read_bytes(path);
  if (!bytes) return "cannot be read";
  const Result<DecodedImage, std::string> decoded = decode_image(*bytes, size);
  if (!decoded) return decoded.error();
  CentralSquare(decoded->height, decoded->width, 3, size)(decoded->pixels, output);
  return "";
}

struct Decoded {
  ImageSet images;
  std::vector<std::string> corrupt;
};

/// Decodes all files in parallel; corrupt ones are left out and named.
Decoded decode_all(const Listing& listing, int size, int threads) {
  ImageSet all{size, 3, listing.classes, {}, {}};
  const std::size_t bytes = all.image_bytes();
  const auto count = static_cast<int>(listing.files.size());
  all.pixels.resize(bytes * listing.files.size());
  std::vector<std::string> reasons(listing.files.size());
  parallel_for(count, threads, [&](int i) {
    const auto index = static_cast<std::size_t>(i);
    reasons[index] = decode_square(listing.files[index].path, size, {all.pixels.data() + index * bytes, bytes});
  });
  all.labels = labels_of(listing);
  Decoded decoded;
  std::vector<int> good;
  for (int i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(i);
    if (reasons[index].empty())
      good.push_back(i);
    else
      decoded.corrupt.push_back(listing.files[index].path.string() + ": " + reasons[index]);
  }
  decoded.images = decoded.corrupt.empty() ? std::move(all) : subset(all, good);
  return decoded;
}

/// Changes whenever a file is added, removed or written.
std::uint64_t key_of(const Listing& listing, int size) {
  std::uint64_t key = fnv1a64(&size, sizeof(size));
  for (const Listed& file : listing.files) {
    const std::string text = file.path.string() + ' ' + std::to_string(fs::file_size(file.path)) + ' ' +
                             std::to_string(fs::last_write_time(file.path).time_since_epoch().count());
    key = fnv1a64(text.data(), text.size(), key);
  }
  return key;
}

void write_cache(const std::string& path, const Decoded& decoded) {
  fs::create_directories(fs::path(path).parent_path());
  BinaryWriter writer;
  writer.put(decoded.images.labels);
  writer.put(decoded.images.pixels);
  writer.put(static_cast<std::uint64_t>(decoded.corrupt.size()));
  for (const std::string& line : decoded.corrupt) writer.put(std::string_view(line));
  writer.write_file(path, kMagic, kVersion);
}

Decoded read_cache(const std::string& path, const Listing& listing, int size) {
  BinaryReader reader(path, kMagic, kVersion);
  Decoded decoded{{size, 3, listing.classes, {}, {}}, {}};
  decoded.images.labels = reader.get_vector<int>();
  decoded.images.pixels = reader.get_vector<std::uint8_t>();
  for (auto left = reader.get<std::uint64_t>(); left > 0; --left) decoded.corrupt.push_back(reader.get_text());
  return decoded;
}

Decoded decode_cached(const Listing& listing, const DataConfig& config) {
  if (config.cache_dir.empty()) return decode_all(listing, config.image_size, config.threads);
  const fs::path path = fs::path(config.cache_dir) / ("images-" + to_hex(key_of(listing, config.image_size)) + ".raw");
  if (fs::exists(path)) {
    try {
      return read_cache(path.string(), listing, config.image_size);
    } catch (const Error&) {
      // a damaged cache is only a lost saving: decode again and replace it
    }
  }
  Decoded decoded = decode_all(listing, config.image_size, config.threads);
  write_cache(path.string(), decoded);
  return decoded;
}

void check_corrupt(const std::vector<std::string>& corrupt, std::size_t files, double most_share) {
  if (static_cast<double>(corrupt.size()) <= most_share * static_cast<double>(files)) return;
  std::string message = std::to_string(corrupt.size()) + " of " + std::to_string(files) +
                        " pictures cannot be decoded (data.max_corrupt_share allows " +
                        std::to_string(static_cast<int>(most_share * static_cast<double>(files))) + "):";
  for (int i = 0; i < std::min<int>(kNamedCorrupt, static_cast<int>(corrupt.size())); ++i)
    message += "\n  " + corrupt[static_cast<std::size_t>(i)];
  throw Error(message);
}

std::pair<Listing, Listing> list_splits(const DataConfig& config) {
  const fs::path root(config.path);
  require_folder(root);
  if (!fs::is_directory(root / "train")) {
    const Listing all = list_classes(root);
    const ClassSplit split =
        split_classes(labels_of(all), static_cast<int>(all.classes.size()), config.test_share, config.seed);
    const Listing train = chosen(all, split.first), test = chosen(all, split.second);
    check_classes(all.classes, labels_of(train), labels_of(test), "data.test_share", short_text(config.test_share));
    return {train, test};
  }
  std::pair<Listing, Listing> splits{list_classes(root / "train"), list_classes(root / "test")};
  if (splits.first.classes != splits.second.classes)
    refuse_path(config.path, "train and test must hold the same class folders");
  return splits;
}

}  // namespace

DataSplits load_image_folder(const DataConfig& config) {
  auto [train_files, test_files] = list_splits(config);
  for (Listing* files : {&train_files, &test_files}) {
    const auto classes = static_cast<int>(files->classes.size());
    *files = chosen(*files, limited(labels_of(*files), classes, config.max_images, config.seed));
  }
  check_classes(train_files.classes, labels_of(train_files), labels_of(test_files), "data.max_images",
                std::to_string(config.max_images));
  Decoded train = decode_cached(train_files, config);
  Decoded test = decode_cached(test_files, config);
  DataSplits splits{std::move(train.images), {}, std::move(test.images), std::move(train.corrupt)};
  splits.corrupt.insert(splits.corrupt.end(), test.corrupt.begin(), test.corrupt.end());
  check_corrupt(splits.corrupt, train_files.files.size() + test_files.files.size(), config.max_corrupt_share);
  check_classes(train_files.classes, splits.train.labels, splits.test.labels, "data.path", config.path);
  return splits;
}

}  // namespace thimble
