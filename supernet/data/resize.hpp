#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "supernet/data/image_set.hpp"

namespace thimble {

/// Source positions [first, first + weights.size()) and their weights in 1/4096, which sum up to 1.
struct ResizeTaps {
  int first = 0;
  std::vector<std::int32_t> weights;
};

/// Resizes uint8 [H,W,C] to [out_h,out_w,C]: shrinking averages the covered area, enlarging interpolates linearly
/// between pixel centres; along rows and columns apart.
///
/// Weights are integers (of 1/4096), so every machine gives the same bytes; ties round upward. The one resize of
/// training, evaluation, calibration and known-answer tests.
class Resizer {
 public:
  Resizer(int height, int width, int channels, int out_height, int out_width);
  void operator()(std::span<const std::uint8_t> input, std::span<std::uint8_t> output) const;

 private:
  int height_, width_, channels_, out_height_, out_width_;
  std::vector<ResizeTaps> rows_, columns_;  // empty: the size stays
};

/// The same, for one picture.
void resize_image(std::span<const std::uint8_t> input, int height, int width, int channels, int out_height,
                  int out_width, std::span<std::uint8_t> output);

/// The central square of a picture [H,W,C], resized to [size,size,C].
class CentralSquare {
 public:
  CentralSquare(int height, int width, int channels, int size);
  void operator()(std::span<const std::uint8_t> input, std::span<std::uint8_t> output) const;

 private:
  int height_, width_, channels_, side_;
  Resizer resizer_;
};

/// All images at another size.
ImageSet resize(const ImageSet& images, int size, int threads = 1);

/// The int8 input [S,S,C] of a network for one image at `resolution`: resized pixel - 128.
std::vector<std::int8_t> quantized_input(const ImageSet& images, int index, int resolution);

}  // namespace thimble
