#pragma once
#include <cstdint>
#include <vector>

#include "graph/base/rng.hpp"

namespace thimble {

struct Colour {
  float red = 0, green = 0, blue = 0;  ///< 0..255
};

/// A float picture [S,S,3] on which anti-aliased shapes are laid; coordinates are shares of the side, [0, 1].
class Canvas {
 public:
  explicit Canvas(int size) : size_(size), values_(static_cast<std::size_t>(size) * static_cast<std::size_t>(size)) {}

  int size() const { return size_; }
  Colour& at(int x, int y) {
    return values_[static_cast<std::size_t>(y) * static_cast<std::size_t>(size_) + static_cast<std::size_t>(x)];
  }

  /// From one colour to another along direction (dx, dy).
  void gradient(Colour from, Colour to, float dx, float dy);
  /// All points within `radius` of the segment (x0, y0) - (x1, y1); a disc where the ends agree.
  void capsule(float x0, float y0, float x1, float y1, float radius, Colour colour, float opacity);
  void ellipse(float x, float y, float radius_x, float radius_y, float angle, Colour colour, float opacity);
  void box(float x, float y, float half_width, float half_height, float angle, Colour colour, float opacity);
  /// Adds normal noise, then rounds to uint8.
  void write(Rng& rng, float noise, std::uint8_t* pixels) const;

 private:
  /// Blends `colour` where the signed distance (in shares of the side, negative inside) is below half a pixel.
  template <class Distance>
  void fill(float left, float top, float right, float bottom, Colour colour, float opacity, const Distance& distance);

  int size_;
  std::vector<Colour> values_;
};

}  // namespace thimble
