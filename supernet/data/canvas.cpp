#include "supernet/data/canvas.hpp"

#include <algorithm>
#include <cmath>

namespace thimble {
namespace {

void blend(Colour& under, const Colour& over, float share) {
  under.red += (over.red - under.red) * share;
  under.green += (over.green - under.green) * share;
  under.blue += (over.blue - under.blue) * share;
}

std::uint8_t to_pixel(double value) { return static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0)); }

}  // namespace

void Canvas::gradient(Colour from, Colour to, float dx, float dy) {
  const float scale = 1.0f / (std::abs(dx) + std::abs(dy) + 1e-6f);
  for (int y = 0; y < size_; ++y) {
    for (int x = 0; x < size_; ++x) {
      const float u = static_cast<float>(x) / static_cast<float>(size_) - 0.5f;
      const float v = static_cast<float>(y) / static_cast<float>(size_) - 0.5f;
      at(x, y) = from;
      blend(at(x, y), to, std::clamp(0.5f + (u * dx + v * dy) * scale, 0.0f, 1.0f));
    }
  }
}

template <class Distance>
void Canvas::fill(float left, float top, float right, float bottom, Colour colour, float opacity,
                  const Distance& distance) {
  const auto side = static_cast<float>(size_);
  const auto pixel = [&](float value) { return std::clamp(static_cast<int>(std::floor(value * side)), 0, size_ - 1); };
  for (int y = pixel(top); y <= pixel(bottom); ++y) {
    for (int x = pixel(left); x <= pixel(right); ++x) {
      const float d = distance((static_cast<float>(x) + 0.5f) / side, (static_cast<float>(y) + 0.5f) / side);
      const float cover = std::clamp(0.5f - d * side, 0.0f, 1.0f);
      if (cover > 0) blend(at(x, y), colour, cover * opacity);
    }
  }
}

void Canvas::capsule(float x0, float y0, float x1, float y1, float radius, Colour colour, float opacity) {
  const float dx = x1 - x0, dy = y1 - y0;
  const float length2 = dx * dx + dy * dy + 1e-12f;
  fill(std::min(x0, x1) - radius, std::min(y0, y1) - radius, std::max(x0, x1) + radius, std::max(y0, y1) + radius,
       colour, opacity, [&](float x, float y) {
         const float t = std::clamp(((x - x0) * dx + (y - y0) * dy) / length2, 0.0f, 1.0f);
         return std::hypot(x - x0 - t * dx, y - y0 - t * dy) - radius;
       });
}

void Canvas::ellipse(float x0, float y0, float radius_x, float radius_y, float angle, Colour colour, float opacity) {
  const float c = std::cos(angle), s = std::sin(angle), reach = std::max(radius_x, radius_y);
  fill(x0 - reach, y0 - reach, x0 + reach, y0 + reach, colour, opacity, [&](float x, float y) {
    const float u = ((x - x0) * c + (y - y0) * s) / radius_x, v = ((y - y0) * c - (x - x0) * s) / radius_y;
    return (std::hypot(u, v) - 1) * std::min(radius_x, radius_y);
  });
}

void Canvas::box(float x0, float y0, float half_width, float half_height, float angle, Colour colour, float opacity) {
  const float c = std::cos(angle), s = std::sin(angle), reach = std::hypot(half_width, half_height);
  fill(x0 - reach, y0 - reach, x0 + reach, y0 + reach, colour, opacity, [&](float x, float y) {
    const float u = std::abs((x - x0) * c + (y - y0) * s), v = std::abs((y - y0) * c - (x - x0) * s);
    return std::max(u - half_width, v - half_height);
  });
}

void Canvas::write(Rng& rng, float noise, std::uint8_t* pixels) const {
  for (const Colour& value : values_) {
    // a sum of four uniforms is near enough to normal, and the same on every machine
    const double shade = noise * 1.7 * (rng.uniform() + rng.uniform() + rng.uniform() + rng.uniform() - 2.0);
    *pixels++ = to_pixel(value.red + shade);
    *pixels++ = to_pixel(value.green + shade);
    *pixels++ = to_pixel(value.blue + shade);
  }
}

}  // namespace thimble
