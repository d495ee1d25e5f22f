#include "supernet/data/picture_operations.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace thimble {
namespace {

constexpr std::uint8_t kGrey = 128;
constexpr double kMostShift = 0.3;   // shears and shifts, at magnitude 1
constexpr double kMostDegrees = 30;  // rotations
constexpr double kMostChange = 0.9;  // of saturation, brightness, contrast, sharpness
constexpr int kMostLostBits = 4;     // posterize
constexpr int kOperations = 14;

using Table = std::array<std::uint8_t, 256>;

std::uint8_t to_byte(double value) { return static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0)); }

template <class Function>
Table table_of(const Function& function) {
  Table table;
  for (int v = 0; v < 256; ++v) table[static_cast<std::size_t>(v)] = to_byte(function(v));
  return table;
}

void map_values(Picture& picture, const Table& table) {
  for (std::uint8_t& value : picture.pixels) value = table[value];
}

void map_channel(Picture& picture, int channel, const Table& table) {
  for (std::size_t i = static_cast<std::size_t>(channel); i < picture.pixels.size();
       i += static_cast<std::size_t>(picture.channels))
    picture.pixels[i] = table[picture.pixels[i]];
}

std::array<int, 256> histogram(const Picture& picture, int channel) {
  std::array<int, 256> counts{};
  for (std::size_t i = static_cast<std::size_t>(channel); i < picture.pixels.size();
       i += static_cast<std::size_t>(picture.channels))
    ++counts[picture.pixels[i]];
  return counts;
}

/// Each channel stretched to 0..255.
void autocontrast(Picture& picture) {
  for (int c = 0; c < picture.channels; ++c) {
    const std::array<int, 256> counts = histogram(picture, c);
    int low = 0, high = 255;
    while (low < 255 && counts[static_cast<std::size_t>(low)] == 0) ++low;
    while (high > low && counts[static_cast<std::size_t>(high)] == 0) --high;
    if (high > low) map_channel(picture, c, table_of([&](int v) { return 255.0 * (v - low) / (high - low); }));
  }
}

/// Each channel's values spread evenly.
void equalize(Picture& picture) {
  const double pixels = static_cast<double>(picture.size) * picture.size;
  for (int c = 0; c < picture.channels; ++c) {
    const std::array<int, 256> counts = histogram(picture, c);
    std::array<double, 256> below{};
    int sum = 0;
    for (std::size_t v = 0; v < 256; ++v) {
      below[v] = sum + 0.5 * counts[v];
      sum += counts[v];
    }
    map_channel(picture, c, table_of([&](int v) { return 255 * below[static_cast<std::size_t>(v)] / pixels; }));
  }
}

double luminance(const std::uint8_t* pixel, int channels) {
  if (channels == 3) return 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
  double sum = 0;
  for (int c = 0; c < channels; ++c) sum += pixel[c];
  return sum / channels;
}

/// Away from (factor > 1) or towards grey pictures.
void saturate(Picture& picture, double factor) {
  for (int y = 0; y < picture.size; ++y)
    for (int x = 0; x < picture.size; ++x) {
      std::uint8_t* pixel = picture.at(x, y);
      const double grey = luminance(pixel, picture.channels);
      for (int c = 0; c < picture.channels; ++c) pixel[c] = to_byte(grey + factor * (pixel[c] - grey));
    }
}

/// Away from (factor > 1) or towards a 3x3 mean; the border stays.
void sharpen(Picture& picture, double factor) {
  Picture before = picture;
  for (int y = 1; y + 1 < picture.size; ++y)
    for (int x = 1; x + 1 < picture.size; ++x)
      for (int c = 0; c < picture.channels; ++c) {
        int sum = 0;
        for (int dy = -1; dy <= 1; ++dy)
          for (int dx = -1; dx <= 1; ++dx) sum += before.at(x + dx, y + dy)[c];
        const double smooth = sum / 9.0;
        picture.at(x, y)[c] = to_byte(smooth + factor * (before.at(x, y)[c] - smooth));
      }
}

void scale_about(Picture& picture, double centre, double factor) {
  map_values(picture, table_of([&](int v) { return centre + factor * (v - centre); }));
}

double mean_luminance(Picture& picture) {
  double sum = 0;
  for (int y = 0; y < picture.size; ++y)
    for (int x = 0; x < picture.size; ++x) sum += luminance(picture.at(x, y), picture.channels);
  return sum / picture.size / picture.size;
}

void rotate(Picture& picture, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  warp(picture, std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle), 0, 0);
}

}  // namespace

void warp(Picture& picture, double a, double b, double c, double d, double dx, double dy) {
  Picture before = picture;
  const int size = picture.size;
  const double centre = (size - 1) / 2.0;
  const auto value = [&](int x, int y, int channel) -> double {
    return x < 0 || y < 0 || x >= size || y >= size ? kGrey : before.at(x, y)[channel];
  };
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) {
      const double u = a * (x - centre) + b * (y - centre) + dx * size + centre;
      const double v = c * (x - centre) + d * (y - centre) + dy * size + centre;
      const int left = static_cast<int>(std::floor(u)), top = static_cast<int>(std::floor(v));
      const double right = u - left, bottom = v - top;
      for (int k = 0; k < picture.channels; ++k)
        picture.at(x, y)[k] =
            to_byte((1 - bottom) * ((1 - right) * value(left, top, k) + right * value(left + 1, top, k)) +
                    bottom * ((1 - right) * value(left, top + 1, k) + right * value(left + 1, top + 1, k)));
    }
}

void random_operation(Picture& picture, double magnitude, Rng& rng) {
  const double sign = rng.chance(0.5) ? 1 : -1, shift = sign * kMostShift * magnitude;
  const double factor = 1 + sign * kMostChange * magnitude;
  switch (rng.below(kOperations)) {
    case 0:
      return rotate(picture, sign * kMostDegrees * magnitude);
    case 1:
      return warp(picture, 1, shift, 0, 1, 0, 0);
    case 2:
      return warp(picture, 1, 0, shift, 1, 0, 0);
    case 3:
      return warp(picture, 1, 0, 0, 1, shift, 0);
    case 4:
      return warp(picture, 1, 0, 0, 1, 0, shift);
    case 5:
      return autocontrast(picture);
    case 6:
      return equalize(picture);
    case 7: {
      const int lost = static_cast<int>(std::lround(kMostLostBits * magnitude));
      return map_values(picture, table_of([&](int v) { return static_cast<double>((v >> lost) << lost); }));
    }
    case 8: {
      const double from = 256 * (1 - magnitude);
      return map_values(picture, table_of([&](int v) { return v >= from ? 255.0 - v : static_cast<double>(v); }));
    }
    case 9:
      return saturate(picture, factor);
    case 10:
      return scale_about(picture, 0, factor);
    case 11:
      return scale_about(picture, mean_luminance(picture), factor);
    case 12:
      return sharpen(picture, factor);
    default:
      return;
  }
}

void erase_square(Picture& picture, double share, Rng& rng) {
  const int side = static_cast<int>(std::lround(share * picture.size));
  const int left = rng.between(0, picture.size - 1) - side / 2, top = rng.between(0, picture.size - 1) - side / 2;
  for (int y = std::max(0, top); y < std::min(picture.size, top + side); ++y)
    for (int x = std::max(0, left); x < std::min(picture.size, left + side); ++x)
      std::fill_n(picture.at(x, y), picture.channels, kGrey);
}

}  // namespace thimble
