#pragma once
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "graph/base/error.hpp"
#include "supernet/data/data.hpp"

namespace thimble::test {

using Bytes = std::vector<std::uint8_t>;

inline void write_bytes(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

inline void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

inline Bytes gzipped(const Bytes& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  Bytes packed(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// Value of a pixel of picture `index`: no two pictures, rows, columns or channels are alike.
inline std::uint8_t value_at(int index, int y, int x, int channel) {
  return static_cast<std::uint8_t>((index * 37 + y * 11 + x * 5 + channel * 83 + (index * y * x) % 7) % 256);
}

/// Picture `index` as [H,W,C].
inline Bytes picture(int index, int height, int width, int channels) {
  Bytes pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c) pixels.push_back(value_at(index, y, x, c));
  return pixels;
}

/// Pictures with the label of each, in any order.
class Labelled {
 public:
  void emplace(const Bytes& pixels, int label) { all_.emplace(std::string(pixels.begin(), pixels.end()), label); }
  void merge(Labelled more) { all_.merge(more.all_); }
  std::size_t size() const { return all_.size(); }
  bool operator==(const Labelled&) const = default;

 private:
  std::set<std::pair<std::string, int>> all_;
};

inline Labelled contents(const ImageSet& images) {
  Labelled found;
  for (int i = 0; i < images.count(); ++i) {
    const auto pixels = images.image(i);
    found.emplace(Bytes(pixels.begin(), pixels.end()), images.labels[static_cast<std::size_t>(i)]);
  }
  return found;
}

/// Train and validation pictures: what the train part of the files held.
inline Labelled learned(const DataSplits& splits) {
  Labelled all = contents(splits.train);
  all.merge(contents(splits.validation));
  return all;
}

/// The issues that loading the config throws, as text.
inline std::string issues_of(const DataConfig& config) {
  try {
    load_data(config);
  } catch (const ConfigError& error) {
    return to_text(error.issues());
  }
  return "";
}

}  // namespace thimble::test
