#include "supernet/data/numpy.hpp"

#include <limits>

#include "supernet/data/data_file.hpp"
#include "supernet/data/labelled_arrays.hpp"
#include "supernet/data/npy_file.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

const std::vector<std::string> kPictureTypes{"|u1"};
const std::vector<std::string> kLabelTypes{"|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8"};
constexpr const char* kPictureRule =
    "pictures must be uint8, as a camera gives them; floats do not say what is white: (x * "
    "255).round().astype('uint8') "
    "of those in [0, 1]";
constexpr const char* kLabelRule = "labels must be little-endian integers";
constexpr std::int64_t kMostPictures = 1 << 30, kMostSide = 1 << 16;

bool fits(const NpyArray& array) {
  for (std::size_t i = 0; i < array.shape.size(); ++i)
    if (array.shape[i] > (i == 0 ? kMostPictures : kMostSide)) return false;
  return true;
}

PictureArray read_pictures(const fs::path& path) {
  NpyArray array = read_npy(path, kPictureTypes, kPictureRule);
  const std::size_t dimensions = array.shape.size();
  const std::int64_t channels = dimensions == 4 ? array.shape[3] : 1;
  if (dimensions < 3 || dimensions > 4 || (channels != 1 && channels != 3) || !fits(array))
    refuse_path(path,
                "pictures must be [N,H,W], or [N,H,W,C] with 1 or 3 channels last; they are " + array.shape_text());
  return {path,
          static_cast<int>(array.shape[0]),
          static_cast<int>(array.shape[1]),
          static_cast<int>(array.shape[2]),
          static_cast<int>(channels),
          std::move(array.bytes)};
}

/// A little-endian integer; the sign is extended. Above the largest int64 it stays the largest: no label is.
std::int64_t integer_at(const std::uint8_t* bytes, std::size_t size, bool has_sign) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes[i];
  const std::uint64_t sign = std::uint64_t{1} << (8 * size - 1);
  if (has_sign) return static_cast<std::int64_t>((value ^ sign) - sign);
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  return value > static_cast<std::uint64_t>(kLargest) ? kLargest : static_cast<std::int64_t>(value);
}

LabelArray read_labels(const fs::path& path) {
  const NpyArray array = read_npy(path, kLabelTypes, kLabelRule);
  const bool column = array.shape.size() == 2 && array.shape[1] == 1;
  if (array.shape.size() != 1 && !column)
    refuse_path(path, "labels must be [N] or [N,1]; they are " + array.shape_text());
  const bool has_sign = array.dtype[1] == 'i';
  const auto size = static_cast<std::size_t>(array.dtype[2] - '0');
  LabelArray labels{path, {}};
  for (std::size_t at = 0; at < array.bytes.size(); at += size)
    labels.labels.push_back(integer_at(array.bytes.data() + at, size, has_sign));
  return labels;
}

LabelledArrays read_part(const fs::path& root, const std::string& name) {
  return {read_pictures(root / (name + "_images.npy")), read_labels(root / (name + "_labels.npy"))};
}

}  // namespace

DataSplits load_numpy(const DataConfig& config) {
  const fs::path root(config.path);
  require_folder(root);
  LabelledArrays train = read_part(root, "train");
  const bool tested = fs::exists(root / "test_images.npy") || fs::exists(root / "test_labels.npy");
  if (!tested) return split_arrays(std::move(train), std::nullopt, config);
  return split_arrays(std::move(train), read_part(root, "test"), config);
}

}  // namespace thimble
