#include "supernet/kernels/plane_bottleneck.hpp"

#include <algorithm>
#include <cstring>

#include "supernet/kernels/groups.hpp"
#include "supernet/kernels/worker_pool.hpp"

namespace thimble {
namespace {

constexpr int kLeastSize = 6;  // rows of the input; below, tiles of a plane's row are too short
constexpr int kLeastRowsPerChannel = 8;

const PlaneKernels& planes() { return kernels().planes; }

/// 8 or 16 floats.
void copy_lanes(const float* from, int lanes, float* to) {
  if (lanes == 16)
    std::memcpy(to, from, 16 * sizeof(float));
  else
    std::memcpy(to, from, 8 * sizeof(float));
}

/// What both directions need of a block: its sizes in planes and its weights packed.
struct PlaneBlock {
  const BottleneckShape& s;
  const BottleneckWeights& w;
  int lanes, vectors, border, in_width, out_width;  // widths with the border
  std::int64_t taps, in_plane, out_plane;           // floats; those of planes without border
  Groups groups;

  PlaneBlock(const BottleneckShape& shape, const BottleneckWeights& weights)
      : s(shape),
        w(weights),
        lanes(planes().lanes),
        vectors(plane_channels(shape.mid_channels) / lanes),
        border(shape.kernel / 2),
        in_width(shape.in_size + 2 * border),
        out_width(shape.out_size + 2 * border),
        taps(static_cast<std::int64_t>(shape.kernel) * shape.kernel),
        in_plane(shape.in_pixels() * lanes),
        out_plane(shape.out_pixels() * lanes),
        groups(shape) {}

  int depth(int vector) const { return std::min(lanes, s.mid_channels - vector * lanes); }  // channels of a plane
  std::int64_t in_row_floats() const { return s.in_pixels() * s.in_channels; }
  std::int64_t out_row_floats() const { return s.out_pixels() * s.out_channels; }
  float* filtered(const BottleneckState& state, int image, int vector) const {
    return state.filtered + (static_cast<std::int64_t>(image) * vectors + vector) * out_plane;
  }

  /// A plane in this thread's memory, its border zero; the pixels are not.
  BorderedPlane bordered(int slot, int size) const {
    const int width = size + 2 * border;
    const auto row = static_cast<std::int64_t>(width) * lanes;
    float* data = scratch(slot, row * width);
    std::fill_n(data, row * border, 0.0f);
    std::fill_n(data + row * (size + border), row * border, 0.0f);
    for (int r = border; r < size + border; ++r) {
      std::fill_n(data + row * r, border * lanes, 0.0f);
      std::fill_n(data + row * (r + 1) - border * lanes, border * lanes, 0.0f);
    }
    return {data, width};
  }
  BorderedPlane pixels(BorderedPlane plane) const {
    return {plane.data + (static_cast<std::int64_t>(plane.width) + 1) * border * lanes, plane.width};
  }

  /// [vector][K*K][lanes]
  AlignedFloats packed_depthwise() const {
    AlignedFloats packed(vectors * taps * lanes);
    for (int v = 0; v < vectors; ++v)
      planes().pack(w.depthwise + v * lanes, s.mid_channels, 1, static_cast<int>(taps), depth(v),
                    packed.data() + v * taps * lanes);
    return packed;
  }
  /// [vector][in][lanes], in the forward direction
  AlignedFloats packed_expand() const {
    AlignedFloats packed(static_cast<std::int64_t>(vectors) * lanes * s.in_channels);
    if (s.expands) planes().pack(w.expand.data, 1, w.expand.stride, s.in_channels, s.mid_channels, packed.data());
    return packed;
  }
  /// [vector of outputs][mid][lanes], in the forward direction
  AlignedFloats packed_project() const {
    AlignedFloats packed(static_cast<std::int64_t>(plane_channels(s.out_channels)) * s.mid_channels);
    planes().pack(w.project.data, 1, w.project.stride, s.mid_channels, s.out_channels, packed.data());
    return packed;
  }
};

/// Maps and coefficients per channel, filled up with zeros to whole planes.
AlignedFloats filled_up(const float* values, int channels) {
  AlignedFloats all(plane_channels(channels));
  std::fill_n(all.data(), plane_channels(channels), 0.0f);
  std::copy_n(values, channels, all.data());
  return all;
}

struct PlaneMap {
  AlignedFloats scale, shift;

  PlaneMap(ChannelMap map, int channels)
      : scale(filled_up(map.scale, channels)), shift(filled_up(map.shift, channels)) {}
  PlaneMap(const float* norm, int channels) : PlaneMap(map_of(norm, channels), channels) {}
  ChannelMap of(int first) const { return {scale.data() + first, shift.data() + first}; }
};

/// What the depthwise convolution reads: planes of the normalised expanded activations, or of the block's input.
class FilterInput {
 public:
  /// @param map  of the expand norm; not read without expansion
  FilterInput(const PlaneBlock& block, ChannelMap map) : b_(block), packed_(block.packed_expand()) {
    if (block.s.expands) map_.emplace_back(map, block.s.mid_channels);
  }

  /// @param x      of the image
  /// @param plane  its pixels
  void fill(const float* x, int vector, BorderedPlane plane) const {
    const std::int64_t at = static_cast<std::int64_t>(vector) * b_.lanes;
    if (b_.s.expands)
      planes().expand(x, b_.s.in_channels, packed_.data() + at * b_.s.in_channels, map_[0].of(vector * b_.lanes),
                      b_.s.in_size, plane);
    else
      copy(x + at, b_.depth(vector), plane);
  }

 private:
  void copy(const float* from, int depth, BorderedPlane plane) const {
    for (int row = 0; row < b_.s.in_size; ++row)
      for (int column = 0; column < b_.s.in_size; ++column, from += b_.s.in_channels) {
        float* to = plane.data + (static_cast<std::int64_t>(row) * plane.width + column) * b_.lanes;
        copy_lanes(from, depth, to);
        if (depth < b_.lanes) std::fill_n(to + 8, 8, 0.0f);
      }
  }

  const PlaneBlock& b_;
  AlignedFloats packed_;
  std::vector<PlaneMap> map_;  // one, or none without expansion
};

class PlaneForward {
 public:
  PlaneForward(const BottleneckShape& shape, const BottleneckWeights& weights, const float* x,
               const BottleneckState& state)
      : b_(shape, weights), s_(shape), x_(x), state_(state) {}

  void run(float* y) const {
    if (s_.expands) expand_statistics();
    filter();
    project();
    const ChannelMap map = map_of(state_.project_norm, s_.out_channels);
    for_chunks(b_.groups.count, [&](int g) {
      const std::int64_t at = b_.groups.first(g) * b_.out_row_floats();
      kernels().normalize(state_.projected + at, s_.shortcut ? x_ + at : nullptr, y + at,
                          b_.groups.size(g) * s_.out_pixels(), s_.out_channels, map, false);
    });
  }

 private:
  void expand_statistics() const {
    const auto in = static_cast<std::size_t>(s_.in_channels), mid = static_cast<std::size_t>(s_.mid_channels);
    Partial<double> grams(b_.groups.count, static_cast<std::int64_t>(in * (in + 1)));
    for_chunks(b_.groups.count, [&](int g) {
      planes().gram(x_ + b_.groups.first(g) * b_.in_row_floats(), s_.in_channels, b_.groups.size(g) * s_.in_pixels(),
                    grams.of(g), grams.of(g) + in * in);
    });
    std::copy_n(grams.sum(), in * (in + 1), state_.gram);
    std::vector<double> sums(2 * mid, 0.0);
    for (std::size_t c = 0; c < mid; ++c) {
      const float* row = b_.w.expand.data + static_cast<std::int64_t>(c) * b_.w.expand.stride;
      for (std::size_t i = 0; i < in; ++i) {
        double product = 0;
        for (std::size_t j = 0; j < in; ++j) product += static_cast<double>(row[j]) * state_.gram[i * in + j];
        sums[c] += static_cast<double>(row[i]) * state_.gram[in * in + i];
        sums[mid + c] += static_cast<double>(row[i]) * product;
      }
    }
    batch_norm_map(sums.data(), s_.images * s_.in_pixels(), s_.mid_channels, b_.w.expand_norm.scale,
                   b_.w.expand_norm.shift, state_.expand_norm);
  }

  void filter() const {
    const FilterInput input(b_, map_of(state_.expand_norm, s_.mid_channels));
    const AlignedFloats weights = b_.packed_depthwise();
    const int channels = b_.vectors * b_.lanes;
    NormSums sums(b_.groups, channels);
    for_chunks(b_.groups.count, [&](int g) {
      const BorderedPlane plane = b_.bordered(0, s_.in_size);
      for (int i = b_.groups.first(g); i < b_.groups.first(g + 1); ++i)
        for (int v = 0; v < b_.vectors; ++v) {
          input.fill(x_ + i * b_.in_row_floats(), v, b_.pixels(plane));
          planes().depthwise_moments(plane, weights.data() + v * b_.taps * b_.lanes, s_.kernel, s_.stride, s_.out_size,
                                     b_.filtered(state_, i, v), sums.first(g) + v * b_.lanes,
                                     sums.second(g) + v * b_.lanes);
        }
    });
    const double* all = sums.sum();
    std::vector<double> used(all, all + s_.mid_channels);
    used.insert(used.end(), all + channels, all + channels + s_.mid_channels);
    batch_norm_map(used.data(), s_.images * s_.out_pixels(), s_.mid_channels, b_.w.depthwise_norm.scale,
                   b_.w.depthwise_norm.shift, state_.depthwise_norm);
  }

  void project() const {
    const int mid = s_.mid_channels, out = s_.out_channels;
    const PlaneMap map(state_.depthwise_norm, mid);
    const AlignedFloats packed = b_.packed_project();
    NormSums sums(b_.groups, out);
    for_chunks(b_.groups.count, [&](int g) {
      float* normalized = scratch(0, b_.vectors * b_.out_plane);
      for (int i = b_.groups.first(g); i < b_.groups.first(g + 1); ++i) {
        for (int v = 0; v < b_.vectors; ++v)
          kernels().normalize(b_.filtered(state_, i, v), nullptr, normalized + v * b_.out_plane, s_.out_pixels(),
                              b_.lanes, map.of(v * b_.lanes), true);
        planes().multiply_moments({normalized, b_.lanes, b_.out_plane, b_.lanes}, mid, packed.data(), out,
                                  s_.out_pixels(), state_.projected + i * b_.out_row_floats(), sums.first(g),
                                  sums.second(g));
      }
    });
    batch_norm_map(sums.sum(), s_.images * s_.out_pixels(), out, b_.w.project_norm.scale, b_.w.project_norm.shift,
                   state_.project_norm);
  }

  PlaneBlock b_;
  const BottleneckShape& s_;
  const float* x_;
  const BottleneckState& state_;
};

class PlaneBackward {
 public:
  PlaneBackward(const BottleneckShape& shape, const BottleneckWeights& weights, const float* x,
                const BottleneckState& state, const float* dy, const BottleneckGradients& gradients)
      : b_(shape, weights),
        s_(shape),
        x_(x),
        state_(state),
        dy_(dy),
        to_(gradients),
        channels_(b_.vectors * b_.lanes),
        dfiltered_(s_.images * b_.vectors * b_.out_plane),
        depthwise_sums_(b_.groups, channels_),
        expand_sums_(b_.groups.count, channels_),
        dexpand_(b_.groups.count, s_.expands ? static_cast<std::int64_t>(channels_) * s_.in_channels : 0) {}

  void run() {
    project();
    filter();
    if (s_.expands) expand();
  }

 private:
  /// From dy to the gradient behind the depthwise norm, in planes.
  void project() {
    const int mid = s_.mid_channels, out = s_.out_channels;
    const ChannelMap map = map_of(state_.project_norm, out);
    const PlaneMap depthwise_map(state_.depthwise_norm, mid);
    NormSums sums(b_.groups, out);
    for_chunks(b_.groups.count, [&](int g) {
      const std::int64_t at = b_.groups.first(g) * b_.out_row_floats();
      kernels().norm_gradient_sums(state_.projected + at, dy_ + at, b_.groups.size(g) * s_.out_pixels(), out, map,
                                   false, sums.first(g), sums.second(g));
    });
    const NormBackward norm(sums, s_.images * s_.out_pixels(), out, state_.project_norm, to_.project_norm);
    AlignedFloats packed(static_cast<std::int64_t>(channels_) * out);
    planes().pack(b_.w.project.data, b_.w.project.stride, 1, out, mid, packed.data());
    const std::int64_t plane_weights = static_cast<std::int64_t>(out) * b_.lanes;
    Partial<float> dweights(b_.groups.count, b_.vectors * plane_weights);
    for_chunks(b_.groups.count, [&](int g) {
      float *dprojected = scratch(0, b_.out_row_floats()), *normalized = scratch(1, b_.out_plane);
      for (int i = b_.groups.first(g); i < b_.groups.first(g + 1); ++i) {
        const std::int64_t at = i * b_.out_row_floats();
        kernels().norm_gradient(state_.projected + at, dy_ + at, dprojected, s_.out_pixels(), out, map, false,
                                norm.slope.data(), norm.offset.data());
        for (int v = 0; v < b_.vectors; ++v) {
          const float* filtered = b_.filtered(state_, i, v);
          kernels().normalize(filtered, nullptr, normalized, s_.out_pixels(), b_.lanes, depthwise_map.of(v * b_.lanes),
                              true);
          planes().outer(normalized, dprojected, out, out, s_.out_pixels(), dweights.of(g) + v * plane_weights);
          planes().multiply_gradient(dprojected, out, packed.data() + v * plane_weights, s_.out_pixels(), normalized,
                                     filtered, dfiltered(i, v), depthwise_sums_.first(g) + v * b_.lanes,
                                     depthwise_sums_.second(g) + v * b_.lanes);
        }
      }
    });
    const float* sum = dweights.sum();
    for (int c = 0; c < mid; ++c)
      for (int o = 0; o < out; ++o)
        to_.project[o * b_.w.project.stride + c] = sum[(c / b_.lanes) * plane_weights + o * b_.lanes + c % b_.lanes];
  }

  float* dfiltered(int image, int vector) const {
    return dfiltered_.data() + (static_cast<std::int64_t>(image) * b_.vectors + vector) * b_.out_plane;
  }

  /// The coefficients of the depthwise norm's gradient, from sums over whole planes.
  void depthwise_coefficients() {
    const double* all = depthwise_sums_.sum();
    std::vector<double> used(all, all + s_.mid_channels);
    used.insert(used.end(), all + channels_, all + channels_ + s_.mid_channels);
    slope_ = std::vector<float>(static_cast<std::size_t>(channels_), 0.0f);
    offset_ = slope_;
    norm_backward(used.data(), s_.images * s_.out_pixels(), s_.mid_channels, state_.depthwise_norm,
                  to_.depthwise_norm.scale, to_.depthwise_norm.shift, slope_.data(), offset_.data());
  }

  /// On to the gradient behind the expand norm, and at once to those that it gives directly; or to dx.
  void filter() {
    depthwise_coefficients();
    const FilterInput input(b_, map_of(state_.expand_norm, s_.mid_channels));
    const PlaneMap map(state_.depthwise_norm, s_.mid_channels);
    const AlignedFloats weights = b_.packed_depthwise(), to_input = packed_to_input();
    const std::int64_t plane_taps = b_.taps * b_.lanes;
    Partial<float> dweights(b_.groups.count, b_.vectors * plane_taps);
    for_chunks(b_.groups.count, [&](int g) {
      const BorderedPlane plane = b_.bordered(0, s_.in_size), draw = b_.bordered(1, s_.out_size);
      for (int i = b_.groups.first(g); i < b_.groups.first(g + 1); ++i) {
        if (s_.shortcut) std::copy_n(dy_ + i * b_.in_row_floats(), b_.in_row_floats(), to_.x + i * b_.in_row_floats());
        for (int v = 0; v < b_.vectors; ++v) {
          norm_gradient(i, v, map.of(v * b_.lanes), b_.pixels(draw));
          input.fill(x_ + i * b_.in_row_floats(), v, b_.pixels(plane));
          planes().depthwise_weights(plane, b_.pixels(draw), s_.kernel, s_.stride, s_.out_size,
                                     dweights.of(g) + v * plane_taps);
          float* dinput = scratch(2, b_.in_plane);
          const BorderedPlane mask = s_.expands ? b_.pixels(plane) : BorderedPlane{nullptr, 0};
          planes().depthwise_input(draw, weights.data() + v * plane_taps, s_.kernel, s_.stride, s_.in_size, mask,
                                   dinput, expand_sums_.of(g) + v * b_.lanes);
          s_.expands ? expand_plane(g, i, v, dinput, to_input.data()) : copy_plane(i, v, dinput);
        }
      }
    });
    const float* sum = dweights.sum();
    for (int c = 0; c < s_.mid_channels; ++c)
      for (std::int64_t t = 0; t < b_.taps; ++t)
        to_.depthwise[t * s_.mid_channels + c] = sum[(c / b_.lanes) * plane_taps + t * b_.lanes + c % b_.lanes];
  }

  void norm_gradient(int image, int vector, ChannelMap map, BorderedPlane to) const {
    const std::int64_t row = static_cast<std::int64_t>(s_.out_size) * b_.lanes;
    const float *x = b_.filtered(state_, image, vector), *d = dfiltered(image, vector);
    for (int r = 0; r < s_.out_size; ++r)
      kernels().norm_gradient(x + r * row, d + r * row, to.data + static_cast<std::int64_t>(r) * to.width * b_.lanes,
                              s_.out_size, b_.lanes, map, false, slope_.data() + vector * b_.lanes,
                              offset_.data() + vector * b_.lanes);
  }

  /// scale W of the expansion, packed for products of one plane each: [vector] of [lanes, in].
  AlignedFloats packed_to_input() const {
    if (!s_.expands) return AlignedFloats();
    const std::int64_t in = s_.in_channels, mid = s_.mid_channels;
    const float* scale = state_.expand_norm + 2 * mid;
    std::vector<float> scaled(static_cast<std::size_t>(in * mid));
    for (std::int64_t c = 0; c < mid; ++c)
      for (std::int64_t i = 0; i < in; ++i)
        scaled[static_cast<std::size_t>(c * in + i)] = scale[c] * b_.w.expand.data[c * b_.w.expand.stride + i];
    const std::int64_t size = static_cast<std::int64_t>(b_.lanes) * plane_channels(s_.in_channels);
    AlignedFloats packed(size * b_.vectors);
    for (int v = 0; v < b_.vectors; ++v)
      planes().pack(scaled.data() + v * b_.lanes * in, in, 1, b_.depth(v), s_.in_channels, packed.data() + v * size);
    return packed;
  }

  void expand_plane(int group, int image, int vector, const float* d, const float* packed) {
    const std::int64_t size = static_cast<std::int64_t>(b_.lanes) * plane_channels(s_.in_channels);
    const std::int64_t at = image * b_.in_row_floats();
    planes().outer(d, x_ + at, s_.in_channels, s_.in_channels, s_.in_pixels(),
                   dexpand_.of(group) + static_cast<std::int64_t>(vector) * b_.lanes * s_.in_channels);
    planes().multiply_add({d, b_.lanes, 0, b_.lanes}, b_.depth(vector), packed + vector * size, s_.in_channels,
                          s_.in_pixels(), to_.x + at, s_.shortcut || vector > 0);
  }

  void copy_plane(int image, int vector, const float* d) const {
    float* to = to_.x + image * b_.in_row_floats() + vector * b_.lanes;
    for (std::int64_t p = 0; p < s_.in_pixels(); ++p)
      copy_lanes(d + p * b_.lanes, b_.depth(vector), to + p * s_.in_channels);
  }

  /// The parts of dx and dW that wait for the sums of all rows.
  void expand() {
    const std::int64_t in = s_.in_channels, mid = s_.mid_channels;
    const float *d = dexpand_.sum(), *map_scale = state_.expand_norm + 2 * mid;
    const double *gram = state_.gram, *totals = gram + in * in, *sum_d = expand_sums_.sum();
    const auto weight = [&](std::int64_t c, std::int64_t i) { return b_.w.expand.data[c * b_.w.expand.stride + i]; };
    const auto d_times_x = [&](std::int64_t c, std::int64_t i) {
      return d[((c / b_.lanes) * in + i) * b_.lanes + c % b_.lanes];
    };
    std::vector<double> sums(static_cast<std::size_t>(2 * mid), 0.0);
    for (std::int64_t c = 0; c < mid; ++c) {
      sums[static_cast<std::size_t>(c)] = sum_d[c];
      for (std::int64_t i = 0; i < in; ++i)
        sums[static_cast<std::size_t>(mid + c)] +=
            static_cast<double>(weight(c, i)) * static_cast<double>(d_times_x(c, i));
    }
    std::vector<float> slope(static_cast<std::size_t>(mid)), offset(slope.size());
    norm_backward(sums.data(), s_.images * s_.in_pixels(), s_.mid_channels, state_.expand_norm, to_.expand_norm.scale,
                  to_.expand_norm.shift, slope.data(), offset.data());

    std::vector<double> by_x(static_cast<std::size_t>(in * in), 0.0), constant(static_cast<std::size_t>(in), 0.0);
    for (std::int64_t c = 0; c < mid; ++c) {
      const double by = static_cast<double>(slope[static_cast<std::size_t>(c)]);
      const double minus = static_cast<double>(offset[static_cast<std::size_t>(c)]);
      for (std::int64_t i = 0; i < in; ++i) {
        const double w = static_cast<double>(weight(c, i));
        double product = 0;
        for (std::int64_t j = 0; j < in; ++j) {
          product += static_cast<double>(weight(c, j)) * gram[i * in + j];
          by_x[static_cast<std::size_t>(i * in + j)] -= by * w * static_cast<double>(weight(c, j));
        }
        constant[static_cast<std::size_t>(i)] -= minus * w;
        to_.expand[c * b_.w.expand.stride + i] =
            static_cast<float>(static_cast<double>(map_scale[c]) * static_cast<double>(d_times_x(c, i)) - by * product -
                               minus * totals[i]);
      }
    }
    add_map_of_input(by_x, constant);
  }

  /// dx += x by_x + constant
  void add_map_of_input(const std::vector<double>& by_x, const std::vector<double>& constant) const {
    const std::int64_t in = s_.in_channels;
    const std::vector<float> matrix(by_x.begin(), by_x.end()), shift(constant.begin(), constant.end());
    const std::vector<float> ones(shift.size(), 1.0f);
    AlignedFloats packed(in * plane_channels(s_.in_channels));
    planes().pack(matrix.data(), in, 1, s_.in_channels, s_.in_channels, packed.data());
    for_chunks(b_.groups.count, [&](int g) {
      const std::int64_t at = b_.groups.first(g) * b_.in_row_floats();
      planes().multiply_map({x_ + at, in, 0, s_.in_channels}, s_.in_channels, packed.data(), s_.in_channels,
                            b_.groups.size(g) * s_.in_pixels(), {ones.data(), shift.data()}, to_.x + at, to_.x + at);
    });
  }

  PlaneBlock b_;
  const BottleneckShape& s_;
  const float* x_;
  const BottleneckState& state_;
  const float* dy_;
  const BottleneckGradients& to_;
  int channels_;             // of all planes
  AlignedFloats dfiltered_;  // the gradient behind the depthwise norm, [image][plane], zero where ReLU6 is not open
  NormSums depthwise_sums_;
  Partial<double> expand_sums_;  // of the gradient behind the expand norm
  Partial<float> dexpand_;       // and its products with x, [plane][in][lanes]
  std::vector<float> slope_, offset_;
};

}  // namespace

struct PlaneInference::Impl {
  BottleneckShape shape;
  BottleneckWeights weights;
  PlaneBlock block{shape, weights};
  FilterInput input;
  AlignedFloats filter = block.packed_depthwise(), project = block.packed_project();
  PlaneMap filter_map;
  std::vector<float> scale, shift;  // of the projection

  Impl(const BottleneckShape& s, const BottleneckWeights& w, const BottleneckMaps& maps)
      : shape(s),
        weights(w),
        input(block, maps.expand),
        filter_map(maps.depthwise, s.mid_channels),
        scale(maps.project.scale, maps.project.scale + s.out_channels),
        shift(maps.project.shift, maps.project.shift + s.out_channels) {}
};

PlaneInference::PlaneInference(const BottleneckShape& shape, const BottleneckWeights& weights,
                               const BottleneckMaps& maps)
    : impl_(std::make_unique<Impl>(shape, weights, maps)) {}
PlaneInference::PlaneInference(PlaneInference&&) noexcept = default;
PlaneInference::~PlaneInference() = default;

void PlaneInference::run(int images, const float* x, float* y) const {
  const PlaneBlock& b = impl_->block;
  const BorderedPlane plane = b.bordered(0, b.s.in_size);
  float* filtered = scratch(1, b.vectors * b.out_plane);
  for (int i = 0; i < images; ++i, x += b.in_row_floats(), y += b.out_row_floats()) {
    for (int v = 0; v < b.vectors; ++v) {
      impl_->input.fill(x, v, b.pixels(plane));
      planes().depthwise_map(plane, impl_->filter.data() + v * b.taps * b.lanes, b.s.kernel, b.s.stride, b.s.out_size,
                             impl_->filter_map.of(v * b.lanes), filtered + v * b.out_plane);
    }
    planes().multiply_map({filtered, b.lanes, b.out_plane, b.lanes}, b.s.mid_channels, impl_->project.data(),
                          b.s.out_channels, b.s.out_pixels(), {impl_->scale.data(), impl_->shift.data()},
                          b.s.shortcut ? x : nullptr, y);
  }
}

bool runs_in_planes(const BottleneckShape& shape) {
  return shape.in_size >= kLeastSize &&
         shape.images * shape.in_pixels() >= std::int64_t{kLeastRowsPerChannel} * shape.in_channels;
}

int plane_channels(int channels) {
  const int lanes = planes().lanes;
  return (channels + lanes - 1) / lanes * lanes;
}

void plane_bottleneck_forward(const BottleneckShape& shape, const BottleneckWeights& weights, const float* x,
                              const BottleneckState& state, float* y) {
  PlaneForward(shape, weights, x, state).run(y);
}

void plane_bottleneck_backward(const BottleneckShape& shape, const BottleneckWeights& weights, const float* x,
                               const BottleneckState& state, const float* dy, const BottleneckGradients& gradients) {
  PlaneBackward(shape, weights, x, state, dy, gradients).run();
}

}  // namespace thimble
