#include "supernet/ops.hpp"

#define AT_PER_OPERATOR_HEADERS
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/slice.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <memory>
#include <vector>

#include "supernet/kernels/bottleneck.hpp"
#include "supernet/kernels/gemm.hpp"
#include "supernet/kernels/kernels.hpp"
#include "supernet/kernels/norm.hpp"
#include "supernet/kernels/worker_pool.hpp"

namespace thimble::ops {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const float* read(const Tensor& tensor) { return tensor.data_ptr<float>(); }
float* write(const Tensor& tensor) { return tensor.data_ptr<float>(); }

Tensor empty(at::IntArrayRef sizes) { return at::empty(sizes, at::TensorOptions().dtype(at::kFloat)); }

/// dweights = dy^T x at its place in a zero tensor like `weights`; rows are split so that any number of threads agrees.
Tensor weight_gradient(const Tensor& dy, std::int64_t out, const float* x, std::int64_t in, const Tensor& weights) {
  const std::int64_t stride = weights.numel() / weights.size(0);
  const RowChunks chunks(dy.numel() / out);
  const auto partial = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(chunks.count * out * in));
  for_chunks(chunks.count, [&](int i) {
    multiply(out, in, chunks.size(i), {read(dy) + chunks.first(i) * out, out, true}, {x + chunks.first(i) * in, in},
             &partial[static_cast<std::size_t>(i * out * in)], in);
  });
  Tensor gradient = at::zeros_like(weights);
  float* sum = write(gradient);
  for (int i = 0; i < chunks.count; ++i)
    for (std::int64_t o = 0; o < out; ++o)
      for (std::int64_t c = 0; c < in; ++c)
        sum[o * stride + c] += partial[static_cast<std::size_t>((i * out + o) * in + c)];
  return gradient;
}

struct Stem : torch::autograd::Function<Stem> {
  static Tensor forward(AutogradContext* context, const Tensor& pixels, const Tensor& weights, std::int64_t out) {
    const auto n = pixels.size(0), height = pixels.size(1), width = pixels.size(2), channels = pixels.size(3);
    const auto oh = (height + 1) / 2, ow = (width + 1) / 2, taps = 9 * channels;
    const Tensor columns = empty({n * oh * ow, taps}), y = empty({n, oh, ow, out});
    for_chunks(static_cast<int>(n), [&](int i) {
      stem_columns(pixels.data_ptr<std::uint8_t>() + i * height * width * channels, static_cast<int>(height),
                   static_cast<int>(width), static_cast<int>(channels), write(columns) + i * oh * ow * taps);
      multiply(oh * ow, out, taps, {read(columns) + i * oh * ow * taps, taps}, {read(weights), taps, true},
               write(y) + i * oh * ow * out, out);
    });
    context->save_for_backward({columns, weights});
    return y;
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor dy = gradients[0].contiguous();
    return {Tensor(), weight_gradient(dy, dy.size(3), read(saved[0]), saved[0].size(1), saved[1]), Tensor()};
  }
};

struct Pointwise : torch::autograd::Function<Pointwise> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weights, std::int64_t out) {
    const auto in = x.size(3);
    const Tensor y = empty({x.size(0), x.size(1), x.size(2), out});
    const RowChunks chunks(x.numel() / in);
    for_chunks(chunks.count, [&](int i) {
      multiply(chunks.size(i), out, in, {read(x) + chunks.first(i) * in, in}, {read(weights), weights.size(1), true},
               write(y) + chunks.first(i) * out, out);
    });
    context->save_for_backward({x, weights});
    return y;
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weights = saved[1], dy = gradients[0].contiguous();
    const auto in = x.size(3), out = dy.size(3);
    const Tensor dx = at::empty_like(x);
    const RowChunks chunks(x.numel() / in);
    for_chunks(chunks.count, [&](int i) {
      multiply(chunks.size(i), in, out, {read(dy) + chunks.first(i) * out, out}, {read(weights), weights.size(1)},
               write(dx) + chunks.first(i) * in, in);
    });
    return {dx, weight_gradient(dy, out, read(x), in, weights), Tensor()};
  }
};

DepthwiseShape shape_of(const Tensor& x, const Tensor& y, std::int64_t kernel, std::int64_t stride) {
  const auto size = [](std::int64_t value) { return static_cast<int>(value); };
  return {size(x.size(1)), size(x.size(2)), size(x.size(3)), size(kernel),
          size(stride),    size(y.size(1)), size(y.size(2))};
}

/// Centre kernel and first channels of [K,K,C], packed.
Tensor centre(const Tensor& weights, std::int64_t kernel, std::int64_t channels) {
  const auto border = (weights.size(0) - kernel) / 2;
  return weights.slice(0, border, border + kernel).slice(1, border, border + kernel).slice(2, 0, channels).contiguous();
}

/// The inverse: into the centre of a [K,K,C] tensor.
void place_centre(const Tensor& to, const Tensor& packed) {
  const auto border = (to.size(0) - packed.size(0)) / 2, end = border + packed.size(0);
  to.slice(0, border, end).slice(1, border, end).slice(2, 0, packed.size(2)).copy_(packed);
}

struct Depthwise : torch::autograd::Function<Depthwise> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weights, std::int64_t kernel,
                        std::int64_t stride) {
    const auto out = [&](std::int64_t size) { return (size - 1) / stride + 1; };
    const Tensor packed = centre(weights, kernel, x.size(3));
    const Tensor y = empty({x.size(0), out(x.size(1)), out(x.size(2)), x.size(3)});
    const DepthwiseShape shape = shape_of(x, y, kernel, stride);
    const auto x_image = x[0].numel(), y_image = y[0].numel();
    for_chunks(static_cast<int>(x.size(0)),
               [&](int i) { kernels().depthwise(shape, read(x) + i * x_image, read(packed), write(y) + i * y_image); });
    context->save_for_backward({x, weights, packed});
    context->saved_data["stride"] = stride;
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weights = saved[1], &packed = saved[2], dy = gradients[0].contiguous();
    const DepthwiseShape shape = shape_of(x, dy, packed.size(0), context->saved_data["stride"].toInt());
    const Tensor dx = at::empty_like(x);
    const auto x_image = x[0].numel(), y_image = dy[0].numel(), count = packed.numel();
    const RowChunks images(x.size(0) * 64);  // 64 per image: up to 16 groups of images, whose sums are added in order
    std::vector<float> partial(static_cast<std::size_t>(images.count * count), 0.0f);
    for_chunks(images.count, [&](int part) {
      for (auto i = images.first(part) / 64; i < images.first(part + 1) / 64; ++i) {
        kernels().depthwise_input_gradient(shape, read(dy) + i * y_image, read(packed), write(dx) + i * x_image);
        kernels().depthwise_weight_gradient(shape, read(x) + i * x_image, read(dy) + i * y_image,
                                            &partial[static_cast<std::size_t>(part * count)]);
      }
    });
    Tensor gradient = at::zeros_like(packed);
    for (int part = 0; part < images.count; ++part)
      for (std::int64_t t = 0; t < count; ++t)
        write(gradient)[t] += partial[static_cast<std::size_t>(part * count + t)];
    Tensor placed = at::zeros_like(weights);
    place_centre(placed, gradient);
    return {dx, placed, Tensor(), Tensor()};
  }
};

struct BatchNorm : torch::autograd::Function<BatchNorm> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& scale, const Tensor& shift, bool relu6,
                        const c10::optional<Tensor>& shortcut) {
    const auto channels = static_cast<int>(x.size(3));
    const std::int64_t rows = x.numel() / channels;
    const Tensor statistics = empty({4, channels});  // mean, 1 / deviation, map scale, map shift
    float* mean = write(statistics);
    batch_norm_statistics(read(x), rows, channels, read(scale), read(shift), mean);
    const Tensor y = at::empty_like(x);
    normalize_rows(read(x), shortcut ? read(*shortcut) : nullptr, write(y), rows, channels,
                   {mean + 2 * channels, mean + 3 * channels}, relu6);
    context->save_for_backward({x, scale, statistics});
    context->saved_data["relu6"] = relu6;
    context->saved_data["shortcut"] = shortcut.has_value();
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &scale = saved[1], &statistics = saved[2], dy = gradients[0].contiguous();
    const Tensor dx = at::empty_like(x), dscale = at::zeros_like(scale), dshift = at::zeros_like(scale);
    const auto channels = static_cast<int>(x.size(3));
    const float* mean = read(statistics);
    batch_norm_gradient(read(x), read(dy), x.numel() / channels, channels, mean, context->saved_data["relu6"].toBool(),
                        write(dx), write(dscale), write(dshift));
    return {dx, dscale, dshift, Tensor(), context->saved_data["shortcut"].toBool() ? dy : Tensor()};
  }
};

/// A block of the network as one operator over supernet/kernels/bottleneck.
struct Bottleneck : torch::autograd::Function<Bottleneck> {
  using Optional = c10::optional<Tensor>;

  static BottleneckShape shape_of(const Tensor& x, const Tensor& depthwise, std::int64_t out, std::int64_t stride,
                                  bool expands, bool shortcut) {
    const auto size = [](std::int64_t value) { return static_cast<int>(value); };
    return {.images = size(x.size(0)),
            .in_size = size(x.size(1)),
            .out_size = size((x.size(1) - 1) / stride + 1),
            .in_channels = size(x.size(3)),
            .mid_channels = size(depthwise.size(2)),
            .out_channels = size(out),
            .kernel = size(depthwise.size(0)),
            .stride = size(stride),
            .expands = expands,
            .shortcut = shortcut};
  }

  static BottleneckWeights weights_of(const Tensor* w, const Tensor& packed, bool expands) {
    BottleneckWeights weights;
    if (expands) {
      weights.expand = {read(w[0]), w[0].size(1)};
      weights.expand_norm = {read(w[1]), read(w[2])};
    }
    weights.depthwise = read(packed);
    weights.depthwise_norm = {read(w[4]), read(w[5])};
    weights.project = {read(w[6]), w[6].size(1)};
    weights.project_norm = {read(w[7]), read(w[8])};
    return weights;
  }

  static BottleneckState state_of(const Tensor* s, bool expands) {
    return {expands ? write(s[0]) : nullptr, write(s[1]), write(s[2]),
            expands ? write(s[3]) : nullptr, write(s[4]), write(s[5]),
            s[6].data_ptr<double>()};
  }

  static Tensor forward(AutogradContext* context, const Tensor& x, const Optional& expand, const Optional& expand_scale,
                        const Optional& expand_shift, const Tensor& depthwise, const Tensor& depthwise_scale,
                        const Tensor& depthwise_shift, const Tensor& project, const Tensor& project_scale,
                        const Tensor& project_shift, std::int64_t kernel, std::int64_t stride, std::int64_t mid,
                        std::int64_t out, bool shortcut) {
    const bool expands = expand.has_value();
    const Tensor packed = centre(depthwise, kernel, mid), none;
    const BottleneckShape shape = shape_of(x, packed, out, stride, expands, shortcut);
    const auto n = x.size(0), out_size = static_cast<std::int64_t>(shape.out_size);
    const std::vector<Tensor> weights{expands ? *expand : none,
                                      expands ? *expand_scale : none,
                                      expands ? *expand_shift : none,
                                      depthwise,
                                      depthwise_scale,
                                      depthwise_shift,
                                      project,
                                      project_scale,
                                      project_shift};
    const BottleneckStateSizes sizes = state_sizes(shape);
    const std::vector<Tensor> state{expands ? empty({sizes.expanded}) : none,
                                    empty({sizes.filtered}),
                                    empty({n, out_size, out_size, out}),
                                    expands ? empty({4, mid}) : none,
                                    empty({4, mid}),
                                    empty({4, out}),
                                    at::empty({sizes.gram}, at::TensorOptions().dtype(at::kDouble))};
    const Tensor y = empty({n, out_size, out_size, out});
    bottleneck_forward(shape, weights_of(weights.data(), packed, expands), read(x), state_of(state.data(), expands),
                       write(y));
    variable_list saved{x, packed};
    saved.insert(saved.end(), weights.begin(), weights.end());
    saved.insert(saved.end(), state.begin(), state.end());
    context->save_for_backward(saved);
    context->saved_data["stride"] = stride;
    context->saved_data["shortcut"] = shortcut;
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &packed = saved[1], dy = upstream[0].contiguous();
    const Tensor *w = &saved[2], *s = &saved[11];
    const bool expands = w[0].defined();
    const BottleneckShape shape = shape_of(x, packed, dy.size(3), context->saved_data["stride"].toInt(), expands,
                                           context->saved_data["shortcut"].toBool());
    variable_list to{at::empty_like(x)};
    for (int i = 0; i < 9; ++i) to.push_back(w[i].defined() ? at::zeros_like(w[i]) : Tensor());
    const Tensor dpacked = at::empty_like(packed);
    BottleneckGradients gradients{write(to[0]),
                                  nullptr,
                                  write(dpacked),
                                  write(to[7]),
                                  {},
                                  {write(to[5]), write(to[6])},
                                  {write(to[8]), write(to[9])}};
    if (expands) {
      gradients.expand = write(to[1]);
      gradients.expand_norm = {write(to[2]), write(to[3])};
    }
    bottleneck_backward(shape, weights_of(w, packed, expands), read(x), state_of(s, expands), read(dy), gradients);
    place_centre(to[4], dpacked);
    to.resize(15);
    return to;
  }
};

}  // namespace

Tensor bottleneck(const Tensor& x, const ConvolutionWeights& expand, const ConvolutionWeights& depthwise,
                  const ConvolutionWeights& project, const BottleneckSizes& sizes) {
  const auto optional = [](const Tensor* tensor) { return tensor ? c10::optional<Tensor>(*tensor) : c10::nullopt; };
  return Bottleneck::apply(x, optional(expand.weights), optional(expand.scale), optional(expand.shift),
                           *depthwise.weights, *depthwise.scale, *depthwise.shift, *project.weights, *project.scale,
                           *project.shift, std::int64_t{sizes.kernel}, std::int64_t{sizes.stride},
                           std::int64_t{sizes.mid_channels}, std::int64_t{sizes.out_channels}, sizes.shortcut);
}

Tensor stem(const Tensor& pixels, const Tensor& weights, int out_channels) {
  return Stem::apply(pixels, weights, static_cast<std::int64_t>(out_channels));
}
Tensor pointwise(const Tensor& x, const Tensor& weights, int out_channels) {
  return Pointwise::apply(x, weights, static_cast<std::int64_t>(out_channels));
}
Tensor depthwise(const Tensor& x, const Tensor& weights, int kernel, int stride) {
  return Depthwise::apply(x, weights, static_cast<std::int64_t>(kernel), static_cast<std::int64_t>(stride));
}
Tensor batch_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, bool relu6, const Tensor& shortcut) {
  return BatchNorm::apply(x, scale, shift, relu6, shortcut.defined() ? c10::optional<Tensor>(shortcut) : c10::nullopt);
}
Tensor classifier(const Tensor& x, const Tensor& weights, const Tensor& bias) {
  return at::linear(x.mean({1, 2}), weights.slice(1, 0, x.size(3)), bias);
}

}  // namespace thimble::ops
