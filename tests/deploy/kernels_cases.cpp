#include "tests/deploy/kernels_cases.hpp"

#include <algorithm>
#include <cmath>

#include "deploy/pack/depthwise.hpp"
#include "deploy/pack/pack.hpp"
#include "graph/base/check.hpp"
#include "graph/base/rng.hpp"
#include "tests/deploy/kernels_case.h"
#include "tests/deploy/kernels_cases_small.hpp"
#include "tests/deploy/kernels_reference.hpp"

namespace thimble::test {
namespace {

Bytes random_bytes(Rng& rng, std::int64_t count) {
  const int kind = rng.between(0, 5);  // mostly noise; extremes, where sums are largest
  Bytes bytes;
  for (std::int64_t i = 0; i < count; ++i) {
    const int value = kind == 0   ? (rng.chance(0.5) ? 127 : -128)
                      : kind == 1 ? 127
                      : kind == 2 ? -128
                                  : rng.between(-128, 127);
    bytes.push_back(static_cast<std::int8_t>(value));
  }
  return bytes;
}

Quantization one_scale(float scale, int zero_point) { return {.scales = {scale}, .zero_points = {zero_point}}; }

int output_size(int in, int kernel, int stride, int pad_before, int pad_after) {
  return (in + pad_before + pad_after - kernel) / stride + 1;
}

/// A window that fits: at least one output, every window touches the input.
void random_window(Rng& rng, Operator& op, WindowGeometry& g, bool one_pixel_each) {
  g.in_h = rng.between(1, 9), g.in_w = rng.chance(0.1) ? rng.between(14, 45) : rng.between(1, 13);
  if (!one_pixel_each) {
    const int common = rng.pick(std::vector<int>{1, 2, 3, 3, 3, 5, 7});
    op.kernel_h = rng.chance(0.7) ? common : rng.between(1, 6);
    op.kernel_w = rng.chance(0.7) ? common : rng.between(1, 8);
    op.stride_h = rng.chance(0.8) ? rng.between(1, 2) : 3;
    op.stride_w = rng.chance(0.8) ? op.stride_h : rng.between(1, 3);
    const auto pad = [&](int kernel) { return rng.chance(0.6) ? kernel / 2 : rng.between(0, kernel - 1); };
    op.padding = {pad(op.kernel_h), pad(op.kernel_h), pad(op.kernel_w), pad(op.kernel_w)};
    g.in_h = std::max(g.in_h, op.kernel_h - op.padding.top - op.padding.bottom);
    g.in_w = std::max(g.in_w, op.kernel_w - op.padding.left - op.padding.right);
  }
  g.out_h = output_size(g.in_h, op.kernel_h, op.stride_h, op.padding.top, op.padding.bottom);
  g.out_w = output_size(g.in_w, op.kernel_w, op.stride_w, op.padding.left, op.padding.right);
  g.kernel_h = op.kernel_h, g.kernel_w = op.kernel_w, g.stride_h = op.stride_h, g.stride_w = op.stride_w;
  g.pad_top = op.padding.top, g.pad_left = op.padding.left;
}

/// The windows that depthwise layers have: square, of an odd size, stride 1 or 2; any padding.
/// @param window  its side; 0: any
void random_square_window(Rng& rng, Operator& op, WindowGeometry& g, int window) {
  const int kernel = window != 0 ? window : 3 + 2 * rng.between(0, 2), stride = rng.between(1, 2);
  const bool same = rng.chance(0.4), tiny = rng.chance(0.3);  // as in most networks; as at their end
  const auto pad = [&] { return same || rng.chance(0.7) ? kernel / 2 : rng.between(0, kernel - 1); };
  op.kernel_h = op.kernel_w = g.kernel_h = g.kernel_w = kernel;
  op.stride_h = op.stride_w = g.stride_h = g.stride_w = stride;
  op.padding = {pad(), pad(), pad(), pad()};
  g.in_h = std::max(rng.between(1, tiny ? 7 : 14), kernel - op.padding.top - op.padding.bottom);
  const int width = tiny ? rng.between(1, 6) : rng.chance(0.2) ? rng.between(14, 45) : rng.between(1, 14);
  g.in_w = std::max(width, kernel - op.padding.left - op.padding.right);
  g.out_h = output_size(g.in_h, kernel, stride, op.padding.top, op.padding.bottom);
  g.out_w = output_size(g.in_w, kernel, stride, op.padding.left, op.padding.right);
  g.pad_top = op.padding.top, g.pad_left = op.padding.left;
}

/// A window of 5x5 or 7x7 on a small map.
void random_narrow_window(Rng& rng, Operator& op, WindowGeometry& g) {
  const int kernel = rng.chance(0.5) ? 5 : 7, pad = kernel / 2;
  op.kernel_h = op.kernel_w = g.kernel_h = g.kernel_w = kernel;
  op.stride_h = op.stride_w = g.stride_h = g.stride_w = 1;
  op.padding = {pad, pad, pad, pad};
  g.in_h = g.out_h = rng.between(1, 10), g.in_w = g.out_w = rng.between(1, 5);
  g.pad_top = g.pad_left = pad;
}

/// A window of 3x3 on a map of 3x3.
void nine_pixels(Operator& op, WindowGeometry& g) {
  op.kernel_h = op.kernel_w = g.kernel_h = g.kernel_w = 3;
  op.stride_h = op.stride_w = g.stride_h = g.stride_w = 1;
  op.padding = {1, 1, 1, 1};
  g.in_h = g.out_h = g.in_w = g.out_w = 3;
  g.pad_top = g.pad_left = 1;
}

/// Pixels that are `stride` apart, four or more of a row.
void random_strided_pixels(Rng& rng, Operator& op, WindowGeometry& g) {
  const int stride = rng.between(2, 3);
  op.kernel_h = op.kernel_w = g.kernel_h = g.kernel_w = 1;
  op.stride_h = op.stride_w = g.stride_h = g.stride_w = stride;
  op.padding = {}, g.pad_top = g.pad_left = 0;
  g.out_h = rng.between(1, 3), g.out_w = 4 * rng.between(1, 3);
  g.in_h = (g.out_h - 1) * stride + rng.between(1, stride), g.in_w = (g.out_w - 1) * stride + rng.between(1, stride);
  g.in_c = 8 * rng.between(1, 2), g.out_c = 4 * rng.between(1, 4);
}

/// A window of 3x3 and stride 1.
void random_winograd_window(Rng& rng, Operator& op, WindowGeometry& g) {
  const auto pad = [&] { return rng.chance(0.6) ? 1 : rng.between(0, 2); };
  op.kernel_h = op.kernel_w = g.kernel_h = g.kernel_w = 3;
  op.stride_h = op.stride_w = g.stride_h = g.stride_w = 1;
  op.padding = {pad(), pad(), pad(), pad()};
  g.in_h = std::max(rng.between(1, 12), 3 - op.padding.top - op.padding.bottom);
  g.in_w = std::max(rng.between(1, 14), 3 - op.padding.left - op.padding.right);
  g.out_h = output_size(g.in_h, 3, 1, op.padding.top, op.padding.bottom);
  g.out_w = output_size(g.in_w, 3, 1, op.padding.left, op.padding.right);
  g.pad_top = op.padding.top, g.pad_left = op.padding.left;
}

/// Of the kernels for one depthwise window; 0: of others.
int window_of(thimble_kernel_id kernel) {
  return kernel == THIMBLE_DEPTHWISE_3X3   ? 3
         : kernel == THIMBLE_DEPTHWISE_5X5 ? 5
         : kernel == THIMBLE_DEPTHWISE_7X7 ? 7
                                           : 0;
}

struct Builder {
  Rng rng;
  KernelCase result;
  Operator op;
  PlainLayer plain;
  Bytes input, input2, expected;
  float input_scale = 0.05F, output_scale = 0.1F;

  explicit Builder(std::uint64_t seed) : rng({seed, 17}) {}

  int zero_point() { return rng.chance(0.3) ? -128 : rng.between(-128, 127); }
  int channels() {
    if (rng.chance(0.05)) return rng.between(20, 70);
    return rng.chance(0.5) ? 4 * rng.between(1, 6) : rng.between(1, 19);
  }

  void choose_activation() {
    op.activation = rng.pick(std::vector<Activation>{Activation::kNone, Activation::kRelu, Activation::kRelu6});
  }

  int add_tensor(const std::string& name, Shape shape, Quantization quantization, DataType type = DataType::kInt8) {
    Tensor tensor;
    tensor.name = name, tensor.shape = std::move(shape), tensor.type = type,
    tensor.quantization = std::move(quantization);
    return result.graph.add(tensor);
  }
  int add_constant(const std::string& name, Shape shape, Quantization quantization, TensorData data, DataType type) {
    const int index = add_tensor(name, std::move(shape), std::move(quantization), type);
    result.graph.tensor(index).constant = true;
    result.graph.tensor(index).data = std::move(data);
    return index;
  }

  Shape input_shape() const { return {1, plain.g.in_h, plain.g.in_w, plain.g.in_c}; }
  Shape output_shape() const { return {1, plain.g.out_h, plain.g.out_w, plain.g.out_c}; }

  void random_weights(int taps);
  void unusual_shape(thimble_kernel_id kernel);
  void weighted(thimble_kernel_id kernel);
  void pool(bool average);
  void add();
  void lay_out(bool in_place);
};

/// Weights, biases and scales of out_c channels with `taps` each: outputs mostly inside int8, some channels with a left
/// shift, with no shift, without weights and with an enormous bias.
void Builder::random_weights(int taps) {
  const int channels_out = plain.g.out_c;
  const double spread = std::sqrt(taps) * 74 * 73 / 60;
  output_scale = input_scale;
  for (int c = 0; c < channels_out; ++c) plain.bias.push_back(rng.between(-20000, 20000));
  const int most = rng.chance(0.3) ? rng.between(1, 8) : 127;
  const bool is_gemm =
      result.kernel == THIMBLE_CONV2D || result.kernel == THIMBLE_POINTWISE || result.kernel == THIMBLE_FULLY_CONNECTED;
  const bool all_large = is_gemm && rng.chance(0.15), one_sign = rng.chance(0.5);
  const auto least_or_most = [&] { return one_sign || rng.chance(0.5) ? 127 : -127; };
  for (int i = 0; i < channels_out * taps; ++i)
    plain.weights.push_back(static_cast<std::int8_t>(all_large ? least_or_most() : rng.between(-most, most)));
  plain.g.in_c = plain.g.in_c == 0 ? 1 : plain.g.in_c;
  // Large factors in a third of the layers, else the gemm kernels would seldom be narrow; smaller ones, and they
  // double.
  const bool any_factor = !is_gemm || rng.chance(0.3), doubling = is_gemm && rng.chance(0.3);
  Quantization q;
  const bool depthwise = op.type == OpType::kDepthwiseConv2D;
  q.axis = depthwise ? 3 : 0;
  for (int c = 0; c < channels_out; ++c) {
    double factor = std::exp2(rng.uniform(-2, 2)) / spread;
    if (any_factor && rng.chance(0.08)) factor = rng.uniform(0.4, 6);
    if (doubling && rng.chance(0.5)) factor = rng.uniform(0.02, 0.24);
    if (rng.chance(0.03)) factor = std::exp2(-rng.uniform(18, 30));
    const bool empty = rng.chance(0.05);
    if (empty) plain.bias[c] = rng.chance(0.5) ? 2147483647 - rng.between(0, 9) : -2147483647 + rng.between(0, 9);
    if (empty) factor = std::exp2(-rng.uniform(1, 29));
    for (int tap = 0; tap < taps && empty; ++tap)
      plain.weights[depthwise ? tap * channels_out + c : c * taps + tap] = 0;
    if (result.kernel == THIMBLE_WINOGRAD) factor = std::min(factor, 0.49);  // its packer refuses left shifts
    q.scales.push_back(static_cast<float>(factor));
    q.zero_points.push_back(0);
  }
  const WindowGeometry& g = plain.g;
  const Shape shape = op.type == OpType::kFullyConnected ? Shape{g.out_c, g.in_c}
                      : depthwise                        ? Shape{1, g.kernel_h, g.kernel_w, g.out_c}
                                                         : Shape{g.out_c, g.kernel_h, g.kernel_w, g.in_c};
  op.inputs.push_back(add_constant("weights", shape, q, plain.weights, DataType::kInt8));
  op.inputs.push_back(add_constant("bias", {channels_out}, {}, plain.bias, DataType::kInt32));
}

/// Now and then: few inputs per pixel, very many of them (sums beyond 24 bits), many outputs, one pixel, and the first
/// layers of image and sound networks.
void Builder::unusual_shape(thimble_kernel_id kernel) {
  if (!rng.chance(0.4)) return;
  WindowGeometry& g = plain.g;
  const auto pixels = [&](int height, int width) {
    if (kernel == THIMBLE_POINTWISE) g.in_h = g.out_h = height, g.in_w = g.out_w = width;
  };
  const int kind = rng.between(0, kernel == THIMBLE_CONV2D ? 2 : 3);
  if (kernel == THIMBLE_CONV2D && kind == 0) {
    g.in_c = rng.between(1, 3);
  } else if (kernel == THIMBLE_CONV2D && kind == 1) {
    random_strided_pixels(rng, op, g);
  } else if (kernel == THIMBLE_CONV2D) {
    g.in_c = 4 * rng.between(5, 20), g.out_c = rng.between(1, 4);
  } else if (kind == 0) {
    g.in_c = 4 * rng.between(1, 4), g.out_c = 4 * rng.between(1, 6), pixels(rng.between(1, 5), rng.between(1, 6));
  } else if (kind == 1) {
    g.in_c = rng.between(400, 1100), g.out_c = rng.between(1, 9), pixels(1, rng.between(1, 3));
  } else if (kind == 2) {
    g.in_c = rng.between(1, 24), g.out_c = rng.between(100, 512), pixels(1, rng.between(1, 3));
  } else {
    pixels(1, 1);
  }
}

void Builder::weighted(thimble_kernel_id kernel) {
  WindowGeometry& g = plain.g;
  op.type = kernel == THIMBLE_DEPTHWISE         ? OpType::kDepthwiseConv2D
            : kernel == THIMBLE_FULLY_CONNECTED ? OpType::kFullyConnected
                                                : OpType::kConv2D;
  random_window(rng, op, g, kernel == THIMBLE_POINTWISE || kernel == THIMBLE_FULLY_CONNECTED);
  const int window = window_of(result.kernel);
  if (kernel == THIMBLE_DEPTHWISE && (window != 0 || rng.chance(0.7))) random_square_window(rng, op, g, window);
  if (kernel == THIMBLE_WINOGRAD) random_winograd_window(rng, op, g);
  if (kernel == THIMBLE_FULLY_CONNECTED) g.in_h = g.in_w = g.out_h = g.out_w = 1;
  g.in_c = kernel == THIMBLE_FULLY_CONNECTED ? rng.between(1, 90) : channels();
  if (result.kernel == THIMBLE_DEPTHWISE_NARROW) random_narrow_window(rng, op, g), g.in_c = 4 * rng.between(1, 7);
  if (result.kernel == THIMBLE_DEPTHWISE_NINE) nine_pixels(op, g), g.in_c = 4 * rng.between(1, 7);
  g.out_c = kernel == THIMBLE_DEPTHWISE ? g.in_c : channels();
  if (kernel == THIMBLE_CONV2D || kernel == THIMBLE_POINTWISE || kernel == THIMBLE_FULLY_CONNECTED)
    unusual_shape(kernel);
  if (kernel == THIMBLE_WINOGRAD)
    g.in_c = 4 * rng.between(1, rng.chance(0.8) ? 6 : 20), g.out_c = 4 * rng.between(1, 4);
  choose_activation();
  plain.input_zero = zero_point(), plain.output_zero = zero_point();
  op.inputs.push_back(add_tensor("input", input_shape(), one_scale(input_scale, plain.input_zero)));
  const bool depthwise = kernel == THIMBLE_DEPTHWISE;
  random_weights(depthwise ? g.kernel_h * g.kernel_w : g.column_size());
  const Shape out = kernel == THIMBLE_FULLY_CONNECTED ? Shape{1, g.out_c} : output_shape();
  op.outputs = {add_tensor("output", out, one_scale(output_scale, plain.output_zero))};
  plain.range = activation_range(op.activation, output_scale, plain.output_zero);
  plain.factors = channel_multipliers(result.graph, op);
  input = random_bytes(rng, element_count(input_shape()));
  expected = depthwise ? plain_depthwise(plain, input) : plain_convolution(plain, input);
}

void Builder::pool(bool average) {
  op.type = average ? OpType::kAveragePool2D : OpType::kMaxPool2D;
  random_window(rng, op, plain.g, false);
  plain.g.in_c = plain.g.out_c = channels();
  if (rng.chance(0.3)) {  // global
    WindowGeometry& g = plain.g;
    if (rng.chance(0.2)) g.in_h = rng.between(14, 24), g.in_w = rng.between(14, 24);  // more than 256 pixels, too
    op.kernel_h = g.kernel_h = g.in_h, op.kernel_w = g.kernel_w = g.in_w;
    op.padding = {}, op.stride_h = op.stride_w = g.stride_h = g.stride_w = 1;
    g.pad_top = g.pad_left = 0, g.out_h = g.out_w = 1;
  }
  choose_activation();
  const int zero = zero_point();
  op.inputs = {add_tensor("input", input_shape(), one_scale(input_scale, zero))};
  op.outputs = {add_tensor("output", output_shape(), one_scale(input_scale, zero))};
  const ActivationRange range = activation_range(op.activation, input_scale, zero);
  input = random_bytes(rng, element_count(input_shape()));
  expected = average ? plain_average_pool(plain.g, range, input) : plain_max_pool(plain.g, range, input);
}

void Builder::add() {
  op.type = OpType::kAdd;
  plain.g.in_c = plain.g.out_c = channels();
  plain.g.in_h = plain.g.out_h = rng.between(1, 6), plain.g.in_w = plain.g.out_w = rng.between(1, 9);
  choose_activation();
  const float scale2 = rng.chance(0.2) ? input_scale : static_cast<float>(input_scale * rng.uniform(0.05, 4));
  output_scale = static_cast<float>(input_scale * rng.uniform(0.5, 3));
  op.inputs = {add_tensor("input", input_shape(), one_scale(input_scale, zero_point())),
               add_tensor("input2", input_shape(), one_scale(scale2, zero_point()))};
  op.outputs = {add_tensor("output", output_shape(), one_scale(output_scale, zero_point()))};
  input = random_bytes(rng, element_count(input_shape()));
  input2 = random_bytes(rng, element_count(input_shape()));
  const AddParameters parameters = add_parameters(result.graph, op);
  for (std::size_t i = 0; i < input.size(); ++i) expected.push_back(add_elements(input[i], input2[i], parameters));
}

void Builder::lay_out(bool in_place) {
  op.name = "layer";
  result.graph.operators = {op};
  lay_out_case(result, {.input = input, .input2 = input2, .expected = expected}, in_place, rng);
}

/// The usual portable kernel that computes what `kernel` does.
thimble_kernel_id portable(thimble_kernel_id kernel, std::uint64_t seed) {
  switch (kernel) {
    case THIMBLE_MVE_CONV2D:
      return THIMBLE_CONV2D;
    case THIMBLE_MVE_POINTWISE:
      return seed % 8 < 5 ? THIMBLE_POINTWISE : THIMBLE_FULLY_CONNECTED;
    case THIMBLE_SMALL_CONV2D:
      return seed % 4 < 2 ? THIMBLE_CONV2D : seed % 4 == 2 ? THIMBLE_POINTWISE : THIMBLE_FULLY_CONNECTED;
    case THIMBLE_MVE_DEPTHWISE:
    case THIMBLE_SMALL_DEPTHWISE:
    case THIMBLE_DEPTHWISE_3X3:
    case THIMBLE_DEPTHWISE_5X5:
    case THIMBLE_DEPTHWISE_7X7:
    case THIMBLE_DEPTHWISE_NARROW:
    case THIMBLE_DEPTHWISE_NINE:
      return THIMBLE_DEPTHWISE;
    default:
      return kernel;
  }
}

}  // namespace

KernelCase random_case(thimble_kernel_id asked, bool in_place, std::uint64_t seed) {
  const thimble_kernel_id kernel = portable(asked, seed);
  if (kernel >= THIMBLE_MUL || (kernel == THIMBLE_ADD && seed % 3 != 0))
    return random_small_case(kernel, in_place, seed);
  Builder builder(seed);
  builder.result.kernel = asked;
  if (kernel == THIMBLE_ADD) {
    builder.add();
  } else if (kernel == THIMBLE_AVERAGE_POOL || kernel == THIMBLE_MAX_POOL) {
    builder.pool(kernel == THIMBLE_AVERAGE_POOL);
  } else {
    builder.weighted(kernel);
  }
  builder.lay_out(in_place);
  KernelCase result = std::move(builder.result);
  const std::vector<thimble_kernel_id> ids = kernels_for(result.graph, result.graph.operators[0]);
  // A 1x1 convolution without stride is pointwise: the general kernel must give the same, and is asked all the same.
  const bool found = kernel == THIMBLE_DEPTHWISE ? is_depthwise_kernel(ids.at(0))
                                                 : std::find(ids.begin(), ids.end(), kernel) != ids.end();
  // Numbers that the kernel for one window does not hold: another layer, then.
  const bool is_of_map = asked == THIMBLE_DEPTHWISE_NARROW || asked == THIMBLE_DEPTHWISE_NINE;
  if ((window_of(asked) != 0 || is_of_map) && ids.at(0) != asked) return random_case(asked, in_place, seed + 100003);
  THIMBLE_CHECK(found || (ids.at(0) == THIMBLE_POINTWISE && kernel == THIMBLE_CONV2D), "kernel");
  result.name =
      std::string(thimble_kernel_by_id(asked)->name) + " seed " + std::to_string(seed) + (in_place ? " in place" : "");
  return result;
}

std::vector<std::uint32_t> all_records(int count, std::uint64_t seed) {
  std::vector<std::uint32_t> words;
  for (int kernel = 0; kernel < THIMBLE_KERNEL_COUNT; ++kernel) {
    for (int i = 0; i < 2 * count; ++i) {
      const KernelCase one =
          random_case(static_cast<thimble_kernel_id>(kernel), i % 2 != 0, seed + static_cast<std::uint64_t>(i));
      words.insert(words.end(), one.record.begin(), one.record.end());
    }
  }
  return words;
}

}  // namespace thimble::test
