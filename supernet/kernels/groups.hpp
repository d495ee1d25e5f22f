#pragma once
#include <algorithm>
#include <memory>
#include <vector>

#include "supernet/kernels/aligned_floats.hpp"
#include "supernet/kernels/bottleneck.hpp"
#include "supernet/kernels/norm.hpp"

namespace thimble {

inline constexpr std::int64_t kGroupRows = 512;  // rows of the larger side that are worth a matrix product of their own
inline constexpr int kMostGroups = 32;

/// A fixed partition of the images.
struct Groups {
  int images, count;

  explicit Groups(const BottleneckShape& shape)
      : images(shape.images),
        count(static_cast<int>(std::clamp<std::int64_t>(shape.images * shape.in_pixels() / kGroupRows, 1,
                                                        std::min(kMostGroups, shape.images)))) {}
  int first(int g) const { return images * g / count; }
  int size(int g) const { return first(g + 1) - first(g); }
};

inline constexpr int kScratchSlots = 4;

/// Memory of this thread, kept from one call to the next.
inline float* scratch(int slot, std::int64_t floats) {
  struct Buffer {
    AlignedFloats data;
    std::int64_t size = 0;
  };
  thread_local Buffer buffers[kScratchSlots];
  Buffer& buffer = buffers[slot];
  if (buffer.size < floats) {
    buffer.data = AlignedFloats(floats);
    buffer.size = floats;
  }
  return buffer.data.data();
}

/// Values that every group fills apart and that are then added in order.
template <class Value>
class Partial {
 public:
  Partial(int groups, std::int64_t size)
      : groups_(groups),
        size_(static_cast<std::size_t>(size)),
        values_(size_ * static_cast<std::size_t>(groups), Value(0)) {}
  Value* of(int group) { return values_.data() + static_cast<std::size_t>(group) * size_; }
  const Value* sum() {
    for (int g = 1; g < groups_; ++g)
      for (std::size_t i = 0; i < size_; ++i) values_[i] += of(g)[i];
    return values_.data();
  }

 private:
  int groups_;
  std::size_t size_;
  std::vector<Value> values_;
};

/// The sums that the statistics of a norm, or its gradients, are made of.
class NormSums {
 public:
  NormSums(const Groups& groups, int channels) : channels_(channels), sums_(groups.count, 2 * std::int64_t{channels}) {}
  double* first(int group) { return sums_.of(group); }
  double* second(int group) { return sums_.of(group) + channels_; }
  const double* sum() { return sums_.sum(); }

 private:
  int channels_;
  Partial<double> sums_;
};

inline ChannelMap map_of(const float* norm, int channels) { return {norm + 2 * channels, norm + 3 * channels}; }

/// Coefficients of a norm's backward map, from its gradient sums.
struct NormBackward {
  std::vector<float> slope, offset;

  NormBackward(NormSums& sums, std::int64_t rows, int channels, const float* norm, const NormGradients& gradients)
      : slope(static_cast<std::size_t>(channels)), offset(slope.size()) {
    norm_backward(sums.sum(), rows, channels, norm, gradients.scale, gradients.shift, slope.data(), offset.data());
  }
};

}  // namespace thimble
