#include "supernet/kernels/bottleneck.hpp"

#include <algorithm>

#include "supernet/kernels/gemm.hpp"
#include "supernet/kernels/groups.hpp"
#include "supernet/kernels/plane_bottleneck.hpp"
#include "supernet/kernels/worker_pool.hpp"

namespace thimble {
namespace {

void add_moments(NormSums& sums, int group, const float* x, std::int64_t rows, int channels) {
  kernels().moments(x, rows, channels, sums.first(group), sums.second(group));
}

/// Adds dweights [out,in] of a 1x1 convolution to their place in the shared matrix.
void place(Partial<float>& partial, std::int64_t out, std::int64_t in, std::int64_t stride, float* to) {
  const float* sum = partial.sum();
  for (std::int64_t o = 0; o < out; ++o) std::copy_n(sum + o * in, in, to + o * stride);
}

class Forward {
 public:
  Forward(const BottleneckShape& shape, const BottleneckWeights& weights, const float* x, const BottleneckState& state)
      : s_(shape), w_(weights), x_(x), state_(state), groups_(shape) {}

  void run(float* y) const {
    if (s_.expands) expand();
    filter();
    project();
    const ChannelMap map = map_of(state_.project_norm, s_.out_channels);
    for_chunks(groups_.count, [&](int g) {
      const std::int64_t at = groups_.first(g) * s_.out_pixels() * s_.out_channels;
      kernels().normalize(state_.projected + at, s_.shortcut ? x_ + at : nullptr, y + at,
                          groups_.size(g) * s_.out_pixels(), s_.out_channels, map, false);
    });
  }

 private:
  void expand() const {
    NormSums sums(groups_, s_.mid_channels);
    for_chunks(groups_.count, [&](int g) {
      const std::int64_t first = groups_.first(g) * s_.in_pixels(), rows = groups_.size(g) * s_.in_pixels();
      float* to = state_.expanded + first * s_.mid_channels;
      multiply(rows, s_.mid_channels, s_.in_channels, {x_ + first * s_.in_channels, s_.in_channels},
               {w_.expand.data, w_.expand.stride, true}, to, s_.mid_channels);
      add_moments(sums, g, to, rows, s_.mid_channels);
    });
    batch_norm_map(sums.sum(), s_.images * s_.in_pixels(), s_.mid_channels, w_.expand_norm.scale, w_.expand_norm.shift,
                   state_.expand_norm);
  }

  void filter() const {
    NormSums sums(groups_, s_.mid_channels);
    const std::int64_t in = s_.in_pixels() * s_.mid_channels, out = s_.out_pixels() * s_.mid_channels;
    for_chunks(groups_.count, [&](int g) {
      for (int i = groups_.first(g); i < groups_.first(g + 1); ++i) {
        const float* input = x_ + i * in;
        if (s_.expands) {
          float* normalized = scratch(0, in);
          kernels().normalize(state_.expanded + i * in, nullptr, normalized, s_.in_pixels(), s_.mid_channels,
                              map_of(state_.expand_norm, s_.mid_channels), true);
          input = normalized;
        }
        kernels().depthwise(s_.depthwise(), input, w_.depthwise, state_.filtered + i * out);
        add_moments(sums, g, state_.filtered + i * out, s_.out_pixels(), s_.mid_channels);
      }
    });
    batch_norm_map(sums.sum(), s_.images * s_.out_pixels(), s_.mid_channels, w_.depthwise_norm.scale,
                   w_.depthwise_norm.shift, state_.depthwise_norm);
  }

  void project() const {
    NormSums sums(groups_, s_.out_channels);
    const ChannelMap map = map_of(state_.depthwise_norm, s_.mid_channels);
    for_chunks(groups_.count, [&](int g) {
      const std::int64_t first = groups_.first(g) * s_.out_pixels(), rows = groups_.size(g) * s_.out_pixels();
      float* normalized = scratch(0, rows * s_.mid_channels);
      kernels().normalize(state_.filtered + first * s_.mid_channels, nullptr, normalized, rows, s_.mid_channels, map,
                          true);
      float* to = state_.projected + first * s_.out_channels;
      multiply(rows, s_.out_channels, s_.mid_channels, {normalized, s_.mid_channels},
               {w_.project.data, w_.project.stride, true}, to, s_.out_channels);
      add_moments(sums, g, to, rows, s_.out_channels);
    });
    batch_norm_map(sums.sum(), s_.images * s_.out_pixels(), s_.out_channels, w_.project_norm.scale,
                   w_.project_norm.shift, state_.project_norm);
  }

  const BottleneckShape& s_;
  const BottleneckWeights& w_;
  const float* x_;
  const BottleneckState& state_;
  Groups groups_;
};

class Backward {
 public:
  Backward(const BottleneckShape& shape, const BottleneckWeights& weights, const float* x, const BottleneckState& state,
           const float* dy, const BottleneckGradients& gradients)
      : s_(shape), w_(weights), x_(x), state_(state), dy_(dy), to_(gradients), groups_(shape) {}

  void run() {
    project();
    filter();
    if (s_.expands) expand();
  }

 private:
  /// From dy to the gradient behind the depthwise norm, dfiltered_.
  void project() {
    const int in = s_.mid_channels, out = s_.out_channels;
    const std::int64_t rows = s_.images * s_.out_pixels();
    const ChannelMap map = map_of(state_.project_norm, out), depthwise_map = map_of(state_.depthwise_norm, in);
    NormSums sums(groups_, out);
    for_chunks(groups_.count, [&](int g) {
      const std::int64_t at = groups_.first(g) * s_.out_pixels() * out;
      kernels().norm_gradient_sums(state_.projected + at, dy_ + at, groups_.size(g) * s_.out_pixels(), out, map, false,
                                   sums.first(g), sums.second(g));
    });
    const NormBackward norm(sums, rows, out, state_.project_norm, to_.project_norm);
    dfiltered_ = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(rows * in));
    Partial<float> dweights(groups_.count, static_cast<std::int64_t>(out) * in);
    depthwise_sums_.emplace_back(groups_, in);
    for_chunks(groups_.count, [&](int g) {
      const std::int64_t first = groups_.first(g) * s_.out_pixels(), count = groups_.size(g) * s_.out_pixels();
      float *dprojected = scratch(0, count * out), *normalized = scratch(1, count * in);
      float* dfiltered = dfiltered_.get() + first * in;
      const float* filtered = state_.filtered + first * in;
      kernels().norm_gradient(state_.projected + first * out, dy_ + first * out, dprojected, count, out, map, false,
                              norm.slope.data(), norm.offset.data());
      kernels().normalize(filtered, nullptr, normalized, count, in, depthwise_map, true);
      multiply(out, in, count, {dprojected, out, true}, {normalized, in}, dweights.of(g), in);
      multiply(count, in, out, {dprojected, out}, {w_.project.data, w_.project.stride}, dfiltered, in);
      kernels().norm_gradient_sums(filtered, dfiltered, count, in, depthwise_map, true, depthwise_sums_[0].first(g),
                                   depthwise_sums_[0].second(g));
    });
    place(dweights, out, in, w_.project.stride, to_.project);
  }

  /// On to the gradient behind the expand norm, dexpanded_ (or to dx).
  void filter() {
    const int channels = s_.mid_channels, taps = s_.kernel * s_.kernel;
    const std::int64_t in = s_.in_pixels() * channels, out = s_.out_pixels() * channels;
    const ChannelMap map = map_of(state_.depthwise_norm, channels);
    const NormBackward norm(depthwise_sums_[0], s_.images * s_.out_pixels(), channels, state_.depthwise_norm,
                            to_.depthwise_norm);
    if (s_.expands) dexpanded_ = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(s_.images * in));
    Partial<float> dweights(groups_.count, static_cast<std::int64_t>(taps) * channels);
    expand_sums_.emplace_back(groups_, channels);
    std::vector<float> turned;  // with stride 1 the gradient is the convolution with the kernel turned by half a turn
    for (int t = taps; s_.stride == 1 && t-- > 0;)
      turned.insert(turned.end(), w_.depthwise + t * channels, w_.depthwise + (t + 1) * channels);
    for_chunks(groups_.count, [&](int g) {
      for (int i = groups_.first(g); i < groups_.first(g + 1); ++i) {
        float* draw = scratch(0, out);
        kernels().norm_gradient(state_.filtered + i * out, dfiltered_.get() + i * out, draw, s_.out_pixels(), channels,
                                map, true, norm.slope.data(), norm.offset.data());
        float* dinput = (s_.expands ? dexpanded_.get() : to_.x) + i * in;
        if (s_.stride == 1)
          kernels().depthwise(s_.depthwise(), draw, turned.data(), dinput);
        else
          kernels().depthwise_input_gradient(s_.depthwise(), draw, w_.depthwise, dinput);
        kernels().depthwise_weight_gradient(s_.depthwise(), filter_input(i), draw, dweights.of(g));
        if (s_.expands)
          kernels().norm_gradient_sums(state_.expanded + i * in, dinput, s_.in_pixels(), channels,
                                       map_of(state_.expand_norm, channels), true, expand_sums_[0].first(g),
                                       expand_sums_[0].second(g));
      }
    });
    std::copy_n(dweights.sum(), taps * channels, to_.depthwise);
  }

  const float* filter_input(int image) const {
    const std::int64_t size = s_.in_pixels() * s_.mid_channels;
    if (!s_.expands) return x_ + image * size;
    float* normalized = scratch(1, size);
    kernels().normalize(state_.expanded + image * size, nullptr, normalized, s_.in_pixels(), s_.mid_channels,
                        map_of(state_.expand_norm, s_.mid_channels), true);
    return normalized;
  }

  void expand() {
    const int in = s_.in_channels, out = s_.mid_channels;
    const NormBackward norm(expand_sums_[0], s_.images * s_.in_pixels(), out, state_.expand_norm, to_.expand_norm);
    Partial<float> dweights(groups_.count, static_cast<std::int64_t>(out) * in);
    for_chunks(groups_.count, [&](int g) {
      const std::int64_t first = groups_.first(g) * s_.in_pixels(), count = groups_.size(g) * s_.in_pixels();
      float *draw = scratch(0, count * out), *dx = to_.x + first * in;
      kernels().norm_gradient(state_.expanded + first * out, dexpanded_.get() + first * out, draw, count, out,
                              map_of(state_.expand_norm, out), true, norm.slope.data(), norm.offset.data());
      multiply(out, in, count, {draw, out, true}, {x_ + first * in, in}, dweights.of(g), in);
      if (s_.shortcut) std::copy_n(dy_ + first * in, count * in, dx);
      multiply(count, in, out, {draw, out}, {w_.expand.data, w_.expand.stride}, dx, in, s_.shortcut);
    });
    place(dweights, out, in, w_.expand.stride, to_.expand);
  }

  const BottleneckShape& s_;
  const BottleneckWeights& w_;
  const float* x_;
  const BottleneckState& state_;
  const float* dy_;
  const BottleneckGradients& to_;
  Groups groups_;
  std::unique_ptr<float[]> dfiltered_, dexpanded_;
  std::vector<NormSums> depthwise_sums_, expand_sums_;  // one each, filled while the gradients are in the cache
};

}  // namespace

BottleneckStateSizes state_sizes(const BottleneckShape& shape) {
  const std::int64_t images = shape.images, mid = shape.mid_channels, in = shape.in_channels;
  const bool planes = runs_in_planes(shape);
  return {.expanded = planes || !shape.expands ? 0 : images * shape.in_pixels() * mid,
          .filtered = images * shape.out_pixels() * (planes ? plane_channels(shape.mid_channels) : mid),
          .gram = planes && shape.expands ? in * (in + 1) : 0};
}

void bottleneck_forward(const BottleneckShape& shape, const BottleneckWeights& weights, const float* x,
                        const BottleneckState& state, float* y) {
  if (runs_in_planes(shape)) return plane_bottleneck_forward(shape, weights, x, state, y);
  Forward(shape, weights, x, state).run(y);
}

void bottleneck_backward(const BottleneckShape& shape, const BottleneckWeights& weights, const float* x,
                         const BottleneckState& state, const float* dy, const BottleneckGradients& gradients) {
  if (runs_in_planes(shape)) return plane_bottleneck_backward(shape, weights, x, state, dy, gradients);
  Backward(shape, weights, x, state, dy, gradients).run();
}

}  // namespace thimble
