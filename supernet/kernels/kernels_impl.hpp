// Included by each kernels_*.cpp, which names the table and the vector width. Nothing of the standard library that
// could leave a function body behind: the linker keeps one copy, and it might be the one for a processor that we do not
// have.
#include <string.h>

#include "supernet/kernels/isa.hpp"

namespace thimble {
namespace {

typedef float Wide __attribute__((vector_size(THIMBLE_LANES * 4), aligned(4)));
typedef float Eight __attribute__((vector_size(32), aligned(4)));

template <class V>
inline V load(const float* from) {
  V value;
  memcpy(&value, from, sizeof(V));
  return value;
}
template <class V>
inline void store(float* to, V value) {
  memcpy(to, &value, sizeof(V));
}

constexpr int smaller(int a, int b) { return a < b ? a : b; }
constexpr int larger(int a, int b) { return a > b ? a : b; }

/// Calls work.template run<V>(channel) over all channels: full vectors first, then eights.
template <class Work>
inline void over_channels(int channels, const Work& work) {
  int c = 0;
  for (; c + THIMBLE_LANES <= channels; c += THIMBLE_LANES) work.template run<Wide>(c);
  for (; c + 8 <= channels; c += 8) work.template run<Eight>(c);
}

// y[oh,ow,c] = sum over i,j of x[oh*S-P+i, ow*S-P+j, c] * w[i,j,c]
template <int K, int S>
struct DepthwiseForward {
  static constexpr int P = K / 2;
  static constexpr int kPixels = 4;  // output pixels whose sums are kept in registers
  const DepthwiseShape& shape;
  const float* x;
  const float* weights;
  float* y;

  /// N neighbouring outputs from ow on. kInside: no column of theirs is padding.
  template <class V, int N, bool kInside>
  inline void pixels(int oh, int ow, int c) const {
    const int channels = shape.channels, top = oh * S - P, left = ow * S - P;
    V sums[N];
    for (int t = 0; t < N; ++t) sums[t] = V{};
    for (int i = larger(0, -top); i < smaller(K, shape.height - top); ++i) {
      const float* row = x + (int64_t)(top + i) * shape.width * channels + (int64_t)left * channels + c;
      const float* w = weights + i * K * channels + c;
#pragma GCC unroll 8
      for (int j = 0; j < K; ++j) {
        const V weight = load<V>(w + j * channels);
#pragma GCC unroll 4
        for (int t = 0; t < N; ++t) {
          const int column = t * S + j;
          if (kInside || ((unsigned)(left + column) < (unsigned)shape.width))
            sums[t] += load<V>(row + (int64_t)column * channels) * weight;
        }
      }
    }
    for (int t = 0; t < N; ++t) store<V>(y + ((int64_t)oh * shape.out_width + ow + t) * channels + c, sums[t]);
  }

  template <class V>
  void run(int c) const {
    const int inside_from = (P + S - 1) / S;
    const int inside_to = (shape.width - K + P >= 0) ? smaller(shape.out_width, (shape.width - K + P) / S + 1) : 0;
    for (int oh = 0; oh < shape.out_height; ++oh) {
      int ow = 0;
      for (; ow < smaller(inside_from, shape.out_width); ++ow) pixels<V, 1, false>(oh, ow, c);
      for (; ow + kPixels <= inside_to; ow += kPixels) pixels<V, kPixels, true>(oh, ow, c);
      for (; ow < inside_to; ++ow) pixels<V, 1, true>(oh, ow, c);
      for (; ow < shape.out_width; ++ow) pixels<V, 1, false>(oh, ow, c);
    }
  }
};

// dx[ih,iw,c] = sum over i,j with (ih+P-i), (iw+P-j) multiples of S of dy[(ih+P-i)/S, (iw+P-j)/S, c] * w[i,j,c]
template <int K, int S>
struct DepthwiseInputGradient {
  static constexpr int P = K / 2;
  const DepthwiseShape& shape;
  const float* dy;
  const float* weights;
  float* dx;

  template <class V>
  inline void pixel(int ih, int iw, int c) const {
    V sum = V{};
    for (int i = (ih + P) % S; i < K && i <= ih + P; i += S) {
      const int oh = (ih + P - i) / S;
      if (oh >= shape.out_height) continue;
      const float* row = dy + (int64_t)oh * shape.out_width * shape.channels + c;
      for (int j = (iw + P) % S; j < K && j <= iw + P; j += S) {
        const int ow = (iw + P - j) / S;
        if (ow < shape.out_width)
          sum += load<V>(row + (int64_t)ow * shape.channels) * load<V>(weights + (i * K + j) * shape.channels + c);
      }
    }
    store<V>(dx + ((int64_t)ih * shape.width + iw) * shape.channels + c, sum);
  }

  template <class V>
  void run(int c) const {
    for (int ih = 0; ih < shape.height; ++ih)
      for (int iw = 0; iw < shape.width; ++iw) pixel<V>(ih, iw, c);
  }
};

// dw[i,j,c] += sum over oh,ow of dy[oh,ow,c] * x[oh*S-P+i, ow*S-P+j, c]; one kernel row is kept in registers
template <int K, int S>
struct DepthwiseWeightGradient {
  static constexpr int P = K / 2;
  const DepthwiseShape& shape;
  const float* x;
  const float* dy;
  float* dweights;

  template <class V, bool kInside>
  inline void column(V* sums, const float* row, const float* dy_row, int ow, int c) const {
    const V d = load<V>(dy_row + (int64_t)ow * shape.channels + c);
    const int left = ow * S - P;
#pragma GCC unroll 8
    for (int j = 0; j < K; ++j)
      if (kInside || ((unsigned)(left + j) < (unsigned)shape.width))
        sums[j] += d * load<V>(row + (int64_t)(left + j) * shape.channels + c);
  }

  template <class V>
  void run(int c) const {
    const int inside_from = smaller(shape.out_width, (P + S - 1) / S);
    const int inside_to = (shape.width - K + P >= 0)
                              ? larger(inside_from, smaller(shape.out_width, (shape.width - K + P) / S + 1))
                              : inside_from;
    for (int i = 0; i < K; ++i) {
      if (i - P >= shape.height || (shape.out_height - 1) * S - P + i < 0) continue;  // meets padding alone
      V sums[K];
      for (int j = 0; j < K; ++j) sums[j] = load<V>(dweights + (i * K + j) * shape.channels + c);
      for (int oh = 0; oh < shape.out_height; ++oh) {
        const int ih = oh * S - P + i;
        if ((unsigned)ih >= (unsigned)shape.height) continue;
        const float* row = x + (int64_t)ih * shape.width * shape.channels;
        const float* dy_row = dy + (int64_t)oh * shape.out_width * shape.channels;
        int ow = 0;
        for (; ow < inside_from; ++ow) column<V, false>(sums, row, dy_row, ow, c);
        for (; ow < inside_to; ++ow) column<V, true>(sums, row, dy_row, ow, c);
        for (; ow < shape.out_width; ++ow) column<V, false>(sums, row, dy_row, ow, c);
      }
      for (int j = 0; j < K; ++j) store<V>(dweights + (i * K + j) * shape.channels + c, sums[j]);
    }
  }
};

template <template <int, int> class Work, class... Arguments>
inline void dispatch(const DepthwiseShape& shape, Arguments... arguments) {
  const auto with = [&](const auto& work) { over_channels(shape.channels, work); };
  if (shape.stride == 1) {
    if (shape.kernel == 3) with(Work<3, 1>{shape, arguments...});
    if (shape.kernel == 5) with(Work<5, 1>{shape, arguments...});
    if (shape.kernel == 7) with(Work<7, 1>{shape, arguments...});
  } else {
    if (shape.kernel == 3) with(Work<3, 2>{shape, arguments...});
    if (shape.kernel == 5) with(Work<5, 2>{shape, arguments...});
    if (shape.kernel == 7) with(Work<7, 2>{shape, arguments...});
  }
}

void depthwise(const DepthwiseShape& shape, const float* x, const float* weights, float* y) {
  dispatch<DepthwiseForward>(shape, x, weights, y);
}

/// The gradient of a convolution with stride 1 is the convolution with the kernel turned by half a turn.
void depthwise_input_gradient(const DepthwiseShape& shape, const float* dy, const float* weights, float* dx) {
  if (shape.stride != 1) return dispatch<DepthwiseInputGradient>(shape, dy, weights, dx);
  const int taps = shape.kernel * shape.kernel;
  float* turned = new float[(size_t)taps * (size_t)shape.channels];
  for (int t = 0; t < taps; ++t)
    memcpy(turned + t * shape.channels, weights + (taps - 1 - t) * shape.channels,
           (size_t)shape.channels * sizeof(float));
  dispatch<DepthwiseForward>(shape, dy, (const float*)turned, dx);
  delete[] turned;
}

void depthwise_weight_gradient(const DepthwiseShape& shape, const float* x, const float* dy, float* dweights) {
  dispatch<DepthwiseWeightGradient>(shape, x, dy, dweights);
}

constexpr int64_t kBlock = 64;  // rows that are summed up in float before they go to double

/// Adds two running sums per channel, a and b, of work.add<V>(state, index, a, b).
template <class Work>
struct PairSums {
  const Work& work;
  int64_t rows;
  int channels;
  double* first;
  double* second;

  template <class V>
  void run(int c) const {
    constexpr int kLanes = sizeof(V) / 4;
    const auto state = work.template prepare<V>(c);
    for (int64_t start = 0; start < rows; start += kBlock) {
      const int64_t end = start + kBlock < rows ? start + kBlock : rows;
      V a = V{}, b = V{};
      for (int64_t at = start * channels + c; at < end * channels; at += channels) work.add(state, at, a, b);
      for (int l = 0; l < kLanes; ++l) {
        first[c + l] += (double)a[l];
        second[c + l] += (double)b[l];
      }
    }
  }
};

template <class V>
struct MapAt {
  V scale, shift;
};

struct Moments {
  const float* x;
  template <class V>
  inline MapAt<V> prepare(int) const {
    return {V{}, V{}};
  }
  template <class V>
  inline void add(const MapAt<V>&, int64_t at, V& sum, V& squares) const {
    const V value = load<V>(x + at);
    sum += value;
    squares += value * value;
  }
};

void moments(const float* x, int64_t rows, int channels, double* sum, double* sum_squares) {
  const Moments work{x};
  over_channels(channels, PairSums<Moments>{work, rows, channels, sum, sum_squares});
}

template <bool kRelu6, class V>
inline V open_gradient(V x, V dy, V scale, V shift) {
  if (!kRelu6) return dy;
  const V y = x * scale + shift, zero = V{}, six = zero + 6.0f;
  return (y > zero) & (y < six) ? dy : zero;
}

template <bool kRelu6>
struct GradientSums {
  const float* x;
  const float* dy;
  ChannelMap map;
  template <class V>
  inline MapAt<V> prepare(int c) const {
    return {load<V>(map.scale + c), load<V>(map.shift + c)};
  }
  template <class V>
  inline void add(const MapAt<V>& at_channel, int64_t at, V& sum, V& products) const {
    const V value = load<V>(x + at);
    const V d = open_gradient<kRelu6>(value, load<V>(dy + at), at_channel.scale, at_channel.shift);
    sum += d;
    products += d * value;
  }
};

template <bool kRelu6>
void gradient_sums(const float* x, const float* dy, int64_t rows, int channels, ChannelMap map, double* sum_d,
                   double* sum_dx) {
  const GradientSums<kRelu6> work{x, dy, map};
  over_channels(channels, PairSums<GradientSums<kRelu6>>{work, rows, channels, sum_d, sum_dx});
}

void norm_gradient_sums(const float* x, const float* dy, int64_t rows, int channels, ChannelMap map, bool relu6,
                        double* sum_d, double* sum_dx) {
  if (relu6) return gradient_sums<true>(x, dy, rows, channels, map, sum_d, sum_dx);
  gradient_sums<false>(x, dy, rows, channels, map, sum_d, sum_dx);
}

constexpr int64_t kTile = 32;  // rows that stay in the first cache while one vector of channels after the other passes

/// Calls work.run<V>(c, first row, end row) over tiles of rows and all channels.
template <class Work>
inline void over_tiles(int64_t rows, int channels, const Work& work) {
  for (int64_t first = 0; first < rows; first += kTile) {
    const int64_t end = first + kTile < rows ? first + kTile : rows;
    int c = 0;
    for (; c + THIMBLE_LANES <= channels; c += THIMBLE_LANES) work.template run<Wide>(c, first, end);
    for (; c + 8 <= channels; c += 8) work.template run<Eight>(c, first, end);
  }
}

template <bool kRelu6, bool kShortcut>
struct Normalize {
  const float* x;
  const float* shortcut;
  float* y;
  int channels;
  ChannelMap map;
  template <class V>
  inline void run(int c, int64_t first, int64_t end) const {
    const V scale = load<V>(map.scale + c), shift = load<V>(map.shift + c), zero = V{}, six = zero + 6.0f;
    for (int64_t at = first * channels + c; at < end * channels; at += channels) {
      V value = load<V>(x + at) * scale + shift;
      if (kRelu6) value = value < zero ? zero : value > six ? six : value;
      if (kShortcut) value += load<V>(shortcut + at);
      store<V>(y + at, value);
    }
  }
};

void normalize(const float* x, const float* shortcut, float* y, int64_t rows, int channels, ChannelMap map,
               bool relu6) {
  if (shortcut && relu6) return over_tiles(rows, channels, Normalize<true, true>{x, shortcut, y, channels, map});
  if (shortcut) return over_tiles(rows, channels, Normalize<false, true>{x, shortcut, y, channels, map});
  if (relu6) return over_tiles(rows, channels, Normalize<true, false>{x, shortcut, y, channels, map});
  over_tiles(rows, channels, Normalize<false, false>{x, shortcut, y, channels, map});
}

template <bool kRelu6>
struct NormGradient {
  const float* x;
  const float* dy;
  float* dx;
  int channels;
  ChannelMap map;
  const float* slope;
  const float* offset;
  template <class V>
  inline void run(int c, int64_t first, int64_t end) const {
    const V scale = load<V>(map.scale + c), shift = load<V>(map.shift + c);
    const V by_x = load<V>(slope + c), constant = load<V>(offset + c);
    for (int64_t at = first * channels + c; at < end * channels; at += channels) {
      const V value = load<V>(x + at);
      const V d = open_gradient<kRelu6>(value, load<V>(dy + at), scale, shift);
      store<V>(dx + at, scale * d - value * by_x - constant);
    }
  }
};

void norm_gradient(const float* x, const float* dy, float* dx, int64_t rows, int channels, ChannelMap map, bool relu6,
                   const float* slope, const float* offset) {
  if (relu6) return over_tiles(rows, channels, NormGradient<true>{x, dy, dx, channels, map, slope, offset});
  over_tiles(rows, channels, NormGradient<false>{x, dy, dx, channels, map, slope, offset});
}

#include "supernet/kernels/planes_impl.hpp"

constexpr PlaneKernels kPlanes = {
    kLanes,
    pack,
    expand,
    multiply_moments,
    multiply_map,
    multiply_add,
    multiply_gradient,
    outer,
    gram,
    depthwise_moments,
    depthwise_map,
    depthwise_weights,
    depthwise_input,
};

}  // namespace

const Kernels THIMBLE_KERNELS = {
    THIMBLE_KERNELS_NAME,      depthwise,     depthwise_input_gradient,
    depthwise_weight_gradient, moments,       normalize,
    norm_gradient_sums,        norm_gradient, kPlanes,
};

}  // namespace thimble
