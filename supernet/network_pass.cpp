#include "supernet/network_pass.hpp"

#include <algorithm>

#include "supernet/kernels/gemm.hpp"
#include "supernet/kernels/groups.hpp"
#include "supernet/kernels/plane_bottleneck.hpp"
#include "supernet/kernels/worker_pool.hpp"

namespace thimble {
namespace {

/// Floats that grow and stay.
class Buffer {
 public:
  float* of(std::int64_t count) {
    if (count > size_) {
      floats_ = AlignedFloats(count);
      size_ = count;
    }
    return floats_.data();
  }

 private:
  AlignedFloats floats_;
  std::int64_t size_ = 0;
};

/// to [rows,columns] += from, both in rows `stride` apart.
void add_slice(const float* from, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* to) {
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c) to[r * stride + c] += from[r * stride + c];
}

/// A block of the pass, with the memory of its state and of its output.
struct PassBlock {
  const Layer *expand = nullptr, *depthwise = nullptr, *project = nullptr;
  BottleneckShape shape;
  BottleneckWeights weights;
  BottleneckState state;
  const float* x = nullptr;
  float* y = nullptr;

  Buffer expanded, filtered, projected, norms, output;
  std::vector<float> packed;  // the depthwise weights in use
  std::vector<double> gram;
};

}  // namespace

struct NetworkPass::Impl {
  const SupernetWeights& shared;
  const std::vector<Layer>* layers = nullptr;
  const Batch* batch = nullptr;
  Buffer stem_raw, stem_norm, stem_output, dx[2], weight_gradients[3], small_gradients;
  std::vector<std::unique_ptr<PassBlock>> blocks;
  std::size_t used_blocks = 0;

  explicit Impl(const SupernetWeights& weights) : shared(weights) {}

  const LayerWeights& of(const Layer& layer) const { return shared.layers.at(static_cast<std::size_t>(layer.weights)); }

  BottleneckShape stem_shape() const {  // for the partition of the pictures
    BottleneckShape shape;
    shape.images = batch->count;
    shape.in_size = shape.out_size = (batch->size + 1) / 2;
    shape.in_channels = shape.out_channels = layers->front().out_channels;
    return shape;
  }

  /// The stem with its norm and ReLU6.
  float* run_stem() {
    const BottleneckShape s = stem_shape();
    const LayerWeights& weights = of(layers->front());
    const PlaneKernels& planes = kernels().planes;
    const int size = batch->size, channels = batch->channels, taps = 9 * channels, row = (size + 2) * channels;
    const std::int64_t image = s.out_pixels() * s.out_channels;
    float *raw = stem_raw.of(image * s.images), *y = stem_output.of(image * s.images),
          *norm = stem_norm.of(4 * s.out_channels);
    const AlignedFloats packed(std::int64_t{taps} * plane_channels(s.out_channels));
    planes.pack(weights.weights.data(), 1, taps, taps, s.out_channels, packed.data());
    const Groups groups(s);
    NormSums sums(groups, s.out_channels);
    for_chunks(groups.count, [&](int g) {
      float* picture = scratch(0, std::int64_t{row} * (size + 2));
      for (int i = groups.first(g); i < groups.first(g + 1); ++i) {
        bordered_picture(pixels(i), size, size, channels, picture);
        for (int r = 0; r < s.out_size; ++r)
          planes.multiply_moments(
              {picture + 2 * r * row, 2 * channels, row, 3 * channels}, taps, packed.data(), s.out_channels, s.out_size,
              raw + i * image + std::int64_t{r} * s.out_size * s.out_channels, sums.first(g), sums.second(g));
      }
    });
    batch_norm_map(sums.sum(), s.images * s.out_pixels(), s.out_channels, weights.scale.data(), weights.shift.data(),
                   norm);
    normalize_rows(raw, nullptr, y, s.images * s.out_pixels(), s.out_channels, map_of(norm, s.out_channels), true);
    return y;
  }

  const std::uint8_t* pixels(int image) const {
    return batch->pixels.data() + static_cast<std::ptrdiff_t>(image) * batch->size * batch->size * batch->channels;
  }

  void stem_backward(const float* dy, LayerGradients& to) {
    const BottleneckShape s = stem_shape();
    const int out = s.out_channels, taps = 9 * batch->channels;
    const std::int64_t rows = s.images * s.out_pixels();
    float *draw = dx[0].of(rows * out), *small = small_gradients.of(2 * out);
    batch_norm_gradient(stem_raw.of(0), dy, rows, out, stem_norm.of(0), true, draw, small, small + out);
    const Groups groups(s);
    Partial<float> dweights(groups.count, std::int64_t{out} * taps);
    for_chunks(groups.count, [&](int g) {
      float* columns = scratch(0, s.out_pixels() * taps);
      for (int i = groups.first(g); i < groups.first(g + 1); ++i) {
        stem_columns(pixels(i), batch->size, batch->size, batch->channels, columns);
        multiply(out, taps, s.out_pixels(), {draw + i * s.out_pixels() * out, out, true}, {columns, taps},
                 dweights.of(g), taps, i > groups.first(g));
      }
    });
    add_slice(dweights.sum(), out, taps, taps, to.weights.data());
    add_slice(small, 1, out, out, to.scale.data());
    add_slice(small + out, 1, out, out, to.shift.data());
  }

  /// The block whose first layer is `first`.
  PassBlock& block_at(std::size_t number, std::size_t first, const float* x, int in_size) {
    if (blocks.size() == number) blocks.push_back(std::make_unique<PassBlock>());
    PassBlock& b = *blocks[number];
    const bool expands = (*layers)[first].kind == LayerKind::kPointwise;
    b.expand = expands ? &(*layers)[first] : nullptr;
    b.depthwise = &(*layers)[first + (expands ? 1 : 0)];
    b.project = &(*layers)[first + (expands ? 2 : 1)];
    b.x = x;
    b.shape = {.images = batch->count,
               .in_size = in_size,
               .out_size = (in_size - 1) / b.depthwise->stride + 1,
               .in_channels = (*layers)[first].in_channels,
               .mid_channels = b.depthwise->out_channels,
               .out_channels = b.project->out_channels,
               .kernel = b.depthwise->kernel,
               .stride = b.depthwise->stride,
               .expands = expands,
               .shortcut = b.project->adds_shortcut};
    set_weights(b);
    set_state(b);
    return b;
  }

  void set_weights(PassBlock& b) const {
    const auto norm = [](const LayerWeights& layer) { return NormWeights{layer.scale.data(), layer.shift.data()}; };
    b.weights = {};
    if (b.expand) {
      b.weights.expand = {of(*b.expand).weights.data(), of(*b.expand).in_channels};
      b.weights.expand_norm = norm(of(*b.expand));
    }
    b.packed = active_weights(of(*b.depthwise), *b.depthwise);
    b.weights.depthwise = b.packed.data();
    b.weights.depthwise_norm = norm(of(*b.depthwise));
    b.weights.project = {of(*b.project).weights.data(), of(*b.project).in_channels};
    b.weights.project_norm = norm(of(*b.project));
  }

  static void set_state(PassBlock& b) {
    const BottleneckStateSizes sizes = state_sizes(b.shape);
    const std::int64_t out = b.shape.images * b.shape.out_pixels() * b.shape.out_channels, mid = b.shape.mid_channels;
    float* norms = b.norms.of(8 * mid + 4 * b.shape.out_channels);
    b.gram.resize(static_cast<std::size_t>(sizes.gram));
    b.state = {b.expanded.of(sizes.expanded),
               b.filtered.of(sizes.filtered),
               b.projected.of(out),
               norms,
               norms + 4 * mid,
               norms + 8 * mid,
               b.gram.data()};
    b.y = b.output.of(out);
  }

  /// Gradients of the block's weights; its input's go to `dinput`.
  void block_backward(const PassBlock& b, const float* dy, float* dinput, std::vector<LayerGradients>& gradients) {
    const int mid = b.shape.mid_channels, out = b.shape.out_channels;
    float* small = small_gradients.of(4 * mid + 2 * out);
    const auto room = [&](int which, const Layer& layer) {
      return weight_gradients[which].of(static_cast<std::int64_t>(of(layer).weights.size()));
    };
    BottleneckGradients to{.x = dinput,
                           .expand = b.expand ? room(0, *b.expand) : nullptr,
                           .depthwise = room(1, *b.depthwise),
                           .project = room(2, *b.project),
                           .expand_norm = {small, small + mid},
                           .depthwise_norm = {small + 2 * mid, small + 3 * mid},
                           .project_norm = {small + 4 * mid, small + 4 * mid + out}};
    bottleneck_backward(b.shape, b.weights, b.x, b.state, dy, to);
    if (b.expand) add_matrix(*b.expand, to.expand, to.expand_norm, gradients);
    add_matrix(*b.project, to.project, to.project_norm, gradients);
    add_depthwise(*b.depthwise, to.depthwise, to.depthwise_norm, gradients);
  }

  LayerGradients& add_norm(const Layer& layer, const NormGradients& norm,
                           std::vector<LayerGradients>& gradients) const {
    LayerGradients& to = ready(layer, gradients);
    add_slice(norm.scale, 1, layer.out_channels, layer.out_channels, to.scale.data());
    add_slice(norm.shift, 1, layer.out_channels, layer.out_channels, to.shift.data());
    return to;
  }

  void add_matrix(const Layer& layer, const float* from, const NormGradients& norm,
                  std::vector<LayerGradients>& gradients) const {
    LayerGradients& to = add_norm(layer, norm, gradients);
    add_slice(from, layer.out_channels, layer.in_channels, of(layer).in_channels, to.weights.data());
  }

  /// From packed [K,K,C] to the centre.
  void add_depthwise(const Layer& layer, const float* from, const NormGradients& norm,
                     std::vector<LayerGradients>& gradients) const {
    LayerGradients& to = add_norm(layer, norm, gradients);
    const LayerWeights& whole = of(layer);
    const int border = (whole.kernel - layer.kernel) / 2;
    for (int i = 0; i < layer.kernel; ++i)
      for (int j = 0; j < layer.kernel; ++j, from += layer.out_channels) {
        const int tap = (i + border) * whole.kernel + j + border;
        add_slice(from, 1, layer.out_channels, 0,
                  to.weights.data() + static_cast<std::ptrdiff_t>(tap) * whole.out_channels);
      }
  }

  /// The gradients of a layer, zero if nobody added to them.
  LayerGradients& ready(const Layer& layer, std::vector<LayerGradients>& gradients) const {
    LayerGradients& to = gradients.at(static_cast<std::size_t>(layer.weights));
    if (to.used) return to;
    to.used = true;
    const LayerWeights& whole = of(layer);
    to.weights.assign(whole.weights.size(), 0.0f);
    to.scale.assign(whole.scale.size(), 0.0f);
    to.shift.assign(whole.shift.size(), 0.0f);
    return to;
  }
};

NetworkPass::NetworkPass(const SupernetWeights& weights) : impl_(std::make_unique<Impl>(weights)) {}
NetworkPass::~NetworkPass() = default;

Features NetworkPass::forward(const std::vector<Layer>& layers, const Batch& batch) {
  impl_->layers = &layers;
  impl_->batch = &batch;
  float* x = impl_->run_stem();
  int size = (batch.size + 1) / 2;
  impl_->used_blocks = 0;
  for (std::size_t i = 1; i + 1 < layers.size();) {
    PassBlock& block = impl_->block_at(impl_->used_blocks++, i, x, size);
    bottleneck_forward(block.shape, block.weights, block.x, block.state, block.y);
    x = block.y;
    size = block.shape.out_size;
    i += block.expand ? 3 : 2;
  }
  return {x, batch.count, layers.back().in_channels, std::int64_t{size} * size};
}

void NetworkPass::backward(const float* dfeatures, std::vector<LayerGradients>& gradients) {
  const float* dy = dfeatures;
  for (std::size_t i = impl_->used_blocks; i-- > 0;) {
    const PassBlock& block = *impl_->blocks[i];
    Buffer& to = impl_->dx[1 - i % 2];  // so that the stem's gradient comes from 1 and goes to 0
    float* dinput = to.of(block.shape.images * block.shape.in_pixels() * block.shape.in_channels);
    impl_->block_backward(block, dy, dinput, gradients);
    dy = dinput;
  }
  impl_->stem_backward(dy, impl_->ready(impl_->layers->front(), gradients));
}

}  // namespace thimble
