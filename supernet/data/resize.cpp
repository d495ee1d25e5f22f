#include "supernet/data/resize.hpp"

#include <algorithm>

#include "graph/base/check.hpp"
#include "graph/base/parallel.hpp"

namespace thimble {
namespace {

constexpr int kWeightBits = 12;
constexpr int kOne = 1 << kWeightBits;

using Taps = ResizeTaps;

/// Output pixel `index` covers [index * in, (index + 1) * in) in units of 1/out of a source pixel.
Taps area_taps(int index, int in, int out) {
  const std::int64_t start = static_cast<std::int64_t>(index) * in;
  Taps taps{static_cast<int>(start / out), {}};
  std::int32_t before = 0;
  for (int j = taps.first; before < kOne; ++j) {
    const std::int64_t covered = std::min<std::int64_t>((j + 1LL) * out - start, in);
    const auto sum = static_cast<std::int32_t>((covered * kOne + in / 2) / in);
    taps.weights.push_back(sum - before);
    before = sum;
  }
  return taps;
}

/// Pixel centres: source position ((2 index + 1) in - out) / (2 out), clamped to the picture.
Taps linear_taps(int index, int in, int out) {
  const std::int64_t numerator = std::clamp<std::int64_t>((2LL * index + 1) * in - out, 0, (in - 1) * 2LL * out);
  const auto first = static_cast<int>(numerator / (2LL * out));
  const auto weight = static_cast<std::int32_t>(((numerator % (2LL * out)) * kOne + out) / (2LL * out));
  if (weight == 0) return {first, {kOne}};
  return {first, {kOne - weight, weight}};
}

std::vector<Taps> make_taps(int in, int out) {
  std::vector<Taps> taps;
  taps.reserve(static_cast<std::size_t>(out));
  for (int i = 0; i < out; ++i) taps.push_back(out <= in ? area_taps(i, in, out) : linear_taps(i, in, out));
  return taps;
}

constexpr int kRowBits = 8;  // fraction bits that are kept between the two passes

/// One output row of the vertical pass, in 1/256.
void blend_rows(const std::uint8_t* input, int row_bytes, const Taps& taps, std::vector<std::int32_t>& row) {
  std::fill(row.begin(), row.end(), 1 << (kWeightBits - kRowBits - 1));
  for (std::size_t t = 0; t < taps.weights.size(); ++t) {
    const std::uint8_t* source =
        input + (static_cast<std::size_t>(taps.first) + t) * static_cast<std::size_t>(row_bytes);
    const std::int32_t weight = taps.weights[t];
    for (int i = 0; i < row_bytes; ++i) row[static_cast<std::size_t>(i)] += weight * source[i];
  }
  for (std::int32_t& value : row) value >>= kWeightBits - kRowBits;
}

void blend_columns(const std::vector<std::int32_t>& row, const std::vector<Taps>& columns, int channels,
                   std::uint8_t* output) {
  constexpr int kShift = kWeightBits + kRowBits;
  for (const Taps& taps : columns) {
    for (int c = 0; c < channels; ++c) {
      const std::int32_t* source = row.data() + std::ptrdiff_t{taps.first} * channels + c;
      std::int32_t sum = 1 << (kShift - 1);
      for (std::int32_t weight : taps.weights) {
        sum += weight * *source;
        source += channels;
      }
      *output++ = static_cast<std::uint8_t>(sum >> kShift);
    }
  }
}

}  // namespace

Resizer::Resizer(int height, int width, int channels, int out_height, int out_width)
    : height_(height), width_(width), channels_(channels), out_height_(out_height), out_width_(out_width) {
  if (height == out_height && width == out_width) return;
  rows_ = make_taps(height, out_height);
  columns_ = make_taps(width, out_width);
}

void Resizer::operator()(std::span<const std::uint8_t> input, std::span<std::uint8_t> output) const {
  const auto bytes = [&](int h, int w) {
    return static_cast<std::size_t>(h) * static_cast<std::size_t>(w) * static_cast<std::size_t>(channels_);
  };
  THIMBLE_CHECK(input.size() == bytes(height_, width_), "resize: input size");
  THIMBLE_CHECK(output.size() == bytes(out_height_, out_width_), "resize: output size");
  if (rows_.empty()) {
    std::copy(input.begin(), input.end(), output.begin());
    return;
  }
  std::vector<std::int32_t> row(bytes(1, width_));
  std::uint8_t* out = output.data();
  for (const Taps& taps : rows_) {
    blend_rows(input.data(), width_ * channels_, taps, row);
    blend_columns(row, columns_, channels_, out);
    out += bytes(1, out_width_);
  }
}

void resize_image(std::span<const std::uint8_t> input, int height, int width, int channels, int out_height,
                  int out_width, std::span<std::uint8_t> output) {
  Resizer(height, width, channels, out_height, out_width)(input, output);
}

CentralSquare::CentralSquare(int height, int width, int channels, int size)
    : height_(height),
      width_(width),
      channels_(channels),
      side_(std::min(height, width)),
      resizer_(side_, side_, channels, size, size) {}

void CentralSquare::operator()(std::span<const std::uint8_t> input, std::span<std::uint8_t> output) const {
  if (height_ == width_) return resizer_(input, output);
  const std::size_t row = static_cast<std::size_t>(side_) * static_cast<std::size_t>(channels_);
  const int top = (height_ - side_) / 2, left = (width_ - side_) / 2;
  std::vector<std::uint8_t> square;
  square.reserve(row * static_cast<std::size_t>(side_));
  for (int y = 0; y < side_; ++y) {
    const auto line = input.subspan(
        (static_cast<std::size_t>(top + y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(left)) *
            static_cast<std::size_t>(channels_),
        row);
    square.insert(square.end(), line.begin(), line.end());
  }
  resizer_(square, output);
}

ImageSet resize(const ImageSet& images, int size, int threads) {
  ImageSet resized{size, images.channels, images.class_names, {}, images.labels};
  resized.pixels.resize(static_cast<std::size_t>(images.count()) * resized.image_bytes());
  const Resizer resizer(images.size, images.size, images.channels, size, size);
  parallel_for(images.count(), threads, [&](int i) {
    std::uint8_t* out = resized.pixels.data() + static_cast<std::size_t>(i) * resized.image_bytes();
    resizer(images.image(i), {out, resized.image_bytes()});
  });
  return resized;
}

std::vector<std::int8_t> quantized_input(const ImageSet& images, int index, int resolution) {
  const auto side = static_cast<std::size_t>(resolution);
  std::vector<std::uint8_t> pixels(side * side * static_cast<std::size_t>(images.channels));
  resize_image(images.image(index), images.size, images.size, images.channels, resolution, resolution, pixels);
  std::vector<std::int8_t> input;
  input.reserve(pixels.size());
  for (std::uint8_t pixel : pixels) input.push_back(static_cast<std::int8_t>(pixel - 128));
  return input;
}

}  // namespace thimble
