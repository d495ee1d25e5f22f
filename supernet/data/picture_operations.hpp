#pragma once
#include <cstdint>
#include <vector>

#include "graph/base/rng.hpp"

namespace thimble {

/// One square uint8 picture [S,S,C] that is varied in place.
struct Picture {
  int size = 0, channels = 0;
  std::vector<std::uint8_t> pixels;

  std::uint8_t* at(int x, int y) { return pixels.data() + static_cast<std::ptrdiff_t>(y * size + x) * channels; }
};

/// x' = a x + b y + dx, y' = c x + d y + dy about the centre: where each pixel comes from. Shifts are shares of the
/// side. Between pixels linear, outside grey (128).
void warp(Picture& picture, double a, double b, double c, double d, double dx, double dy);

/// One random operation of RandAugment (Cubuk et al. 2019, arXiv:1909.13719): rotate, shear, shift, autocontrast,
/// equalize, posterize, solarize, saturation, brightness, contrast, sharpness or none.
/// @param magnitude  [0, 1]: 0 changes little or nothing, 1 rotates by 30 degrees, shears and shifts by 0.3, ...
void random_operation(Picture& picture, double magnitude, Rng& rng);

/// A grey square of `share` of the side, centred anywhere (cutout, DeVries and Taylor 2017, arXiv:1708.04552).
void erase_square(Picture& picture, double share, Rng& rng);

}  // namespace thimble
