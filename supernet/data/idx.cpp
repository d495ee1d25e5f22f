#include "supernet/data/idx.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "supernet/data/data_file.hpp"
#include "supernet/data/labelled_arrays.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

constexpr std::uint32_t kUnsignedBytes = 0x08;  // third byte of the magic number; the fourth counts dimensions
constexpr std::uint32_t kMostSide = 1 << 16;

/// A file's elements and sizes, the header taken off.
struct IdxArray {
  std::vector<std::uint32_t> sizes;
  std::vector<std::uint8_t> bytes;
};

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

std::string hex(std::uint32_t value) {
  std::array<char, 11> text{};
  std::snprintf(text.data(), text.size(), "0x%08x", value);
  return text.data();
}

IdxArray read_idx(const fs::path& path, std::uint32_t dimensions) {
  IdxArray array{{}, read_data_file(path)};
  const std::size_t header = 4 + std::size_t{4} * dimensions;
  const std::uint32_t wanted = kUnsignedBytes << 8 | dimensions;
  if (array.bytes.size() < header)
    refuse_path(path, "must begin with a header of " + std::to_string(header) + " bytes; it has " +
                          std::to_string(array.bytes.size()));
  if (const std::uint32_t magic = big_endian(array.bytes.data()); magic != wanted)
    refuse_path(path, "must begin with " + hex(wanted) + " (unsigned bytes in " + std::to_string(dimensions) +
                          (dimensions == 1 ? " dimension" : " dimensions") + "); it begins with " + hex(magic));
  std::size_t elements = 1;
  for (std::uint32_t i = 1; i <= dimensions; ++i) {
    array.sizes.push_back(big_endian(array.bytes.data() + std::size_t{4} * i));
    if (array.sizes.back() > (i == 1 ? 1U << 30 : kMostSide))
      refuse_path(
          path, "size " + std::to_string(i - 1) + " of its header is too large: " + std::to_string(array.sizes.back()));
    elements *= array.sizes.back();
  }
  if (array.bytes.size() - header != elements)
    refuse_path(path, "must have " + std::to_string(header + elements) + " bytes, as its header says; it has " +
                          std::to_string(array.bytes.size()));
  array.bytes.erase(array.bytes.begin(), array.bytes.begin() + static_cast<std::ptrdiff_t>(header));
  return array;
}

/// `emnist-letters-train-images.idx3-ubyte.gz` is `train-images-idx3-ubyte` of its family.
bool is_named(const std::string& file, const std::string& wanted) {
  std::string name = file.ends_with(".gz") ? file.substr(0, file.size() - 3) : file;
  if (const auto dot = name.rfind(".idx"); dot != std::string::npos) name[dot] = '-';
  return name == wanted || name.ends_with("-" + wanted);
}

/// The file of that name, plain rather than packed; an empty path where there is none.
fs::path find_file(const fs::path& root, const std::vector<std::string>& names) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(root))
    if (std::any_of(names.begin(), names.end(),
                    [&](const std::string& name) { return is_named(entry.path().filename().string(), name); }))
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  if (found.size() == 2 && found[1] == fs::path(found[0].string() + ".gz")) found.pop_back();
  if (found.size() > 1)
    refuse_path(root, "must hold one file of " + names.front() + "; it holds " + found[0].filename().string() +
                          " and " + found[1].filename().string());
  return found.empty() ? fs::path() : found.front();
}

fs::path require_file(const fs::path& root, const std::vector<std::string>& names) {
  fs::path file = find_file(root, names);
  if (file.empty()) refuse_path(root / names.front(), "must be there, plain or as .gz; the file is missing");
  return file;
}

LabelledArrays read_part(const fs::path& pictures, const fs::path& labels) {
  IdxArray array = read_idx(pictures, 3), numbers = read_idx(labels, 1);
  return {{pictures, static_cast<int>(array.sizes[0]), static_cast<int>(array.sizes[1]),
           static_cast<int>(array.sizes[2]), 1, std::move(array.bytes)},
          {labels, {numbers.bytes.begin(), numbers.bytes.end()}}};
}

}  // namespace

DataSplits load_idx(const DataConfig& config) {
  const fs::path root(config.path);
  require_folder(root);
  const std::vector<std::string> test_pictures{"t10k-images-idx3-ubyte", "test-images-idx3-ubyte"};
  const std::vector<std::string> test_labels{"t10k-labels-idx1-ubyte", "test-labels-idx1-ubyte"};
  const fs::path train_pictures = require_file(root, {"train-images-idx3-ubyte"});
  LabelledArrays train = read_part(train_pictures, require_file(root, {"train-labels-idx1-ubyte"}));
  if (find_file(root, test_pictures).empty() && find_file(root, test_labels).empty())
    return split_arrays(std::move(train), std::nullopt, config);
  const fs::path pictures = require_file(root, test_pictures);
  return split_arrays(std::move(train), read_part(pictures, require_file(root, test_labels)), config);
}

}  // namespace thimble
