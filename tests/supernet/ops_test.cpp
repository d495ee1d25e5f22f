#include "supernet/ops.hpp"

#define AT_PER_OPERATOR_HEADERS
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/hardtanh.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sub.h>

#include <functional>

#include "graph/base/rng.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

at::Tensor random(at::IntArrayRef sizes, std::uint64_t seed, double from = -1, double to = 1) {
  Rng rng({seed});
  at::Tensor tensor = at::empty(sizes, at::TensorOptions().dtype(at::kFloat));
  float* values = tensor.data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(rng.uniform(from, to));
  return tensor;
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return (a - b).norm().item<double>() / (1e-6 + b.norm().item<double>());
}

at::Tensor leaf(const at::Tensor& tensor) { return tensor.detach().clone().set_requires_grad(true); }

using Function = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

/// Values and all gradients of two functions agree, for the same inputs and a random upstream gradient.
void check_same(const Function& ours, const Function& reference, const std::vector<at::Tensor>& inputs,
                double tolerance = 1e-5) {
  std::vector<at::Tensor> a, b;
  for (const at::Tensor& input : inputs) {
    a.push_back(leaf(input));
    b.push_back(leaf(input));
  }
  const at::Tensor y = ours(a), z = reference(b);
  CHECK(difference(y, z) < tolerance);
  const at::Tensor upstream = random(y.sizes(), 99);
  (y * upstream).sum().backward();
  (z * upstream).sum().backward();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!b[i].grad().defined()) continue;  // the reference does not use it
    INFO("gradient of input " << i);
    CHECK(difference(a[i].grad(), b[i].grad()) < tolerance);
  }
}

at::Tensor to_nchw(const at::Tensor& x) { return x.permute({0, 3, 1, 2}); }
at::Tensor to_nhwc(const at::Tensor& x) { return x.permute({0, 2, 3, 1}).contiguous(); }

}  // namespace

TEST_CASE("depthwise convolution is ATen's on the centre of the kernel and the first channels", "[supernet][ops]") {
  const int kernel = GENERATE(3, 5, 7), stride = GENERATE(1, 2), size = GENERATE(1, 2, 6, 9),
            channels = GENERATE(8, 24);
  CAPTURE(kernel, stride, size, channels);
  const auto reference = [&](const std::vector<at::Tensor>& in) {
    const int border = (7 - kernel) / 2, end = border + kernel;
    const at::Tensor w = in[1].slice(0, border, end).slice(1, border, end).slice(2, 0, channels);
    return to_nhwc(at::conv2d(to_nchw(in[0]), w.permute({2, 0, 1}).unsqueeze(1), {}, stride, kernel / 2, 1, channels));
  };
  check_same([&](const auto& in) { return ops::depthwise(in[0], in[1], kernel, stride); }, reference,
             {random({3, size, size, channels}, 1), random({7, 7, 32}, 2)});
}

TEST_CASE("a pointwise convolution uses the first rows and columns of its weights", "[supernet][ops]") {
  const int size = GENERATE(1, 5, 20);
  const auto reference = [&](const std::vector<at::Tensor>& in) {
    return to_nhwc(at::conv2d(to_nchw(in[0]), in[1].slice(0, 0, 16).slice(1, 0, 24).unsqueeze(2).unsqueeze(3)));
  };
  check_same([&](const auto& in) { return ops::pointwise(in[0], in[1], 16); }, reference,
             {random({4, size, size, 24}, 1), random({40, 48}, 2)});
}

TEST_CASE("the stem sees pixels as (pixel - 128) / 128", "[supernet][ops]") {
  const int size = GENERATE(4, 7, 32);
  const at::Tensor pixels = random({5, size, size, 3}, 1, 0, 255.99).to(at::kByte);
  const at::Tensor input = to_nchw((pixels.to(at::kFloat) - 128) / 128);
  const auto reference = [&](const std::vector<at::Tensor>& in) {
    return to_nhwc(at::conv2d(input, in[0].slice(0, 0, 8).permute({0, 3, 1, 2}), {}, 2, 1));
  };
  check_same([&](const auto& in) { return ops::stem(pixels, in[0], 8); }, reference, {random({16, 3, 3, 3}, 2)});
}

TEST_CASE("batch norm with ReLU6 is ATen's, with the batch's own statistics", "[supernet][ops]") {
  const int size = GENERATE(1, 3, 12), channels = GENERATE(8, 40);
  CAPTURE(size, channels);
  const auto reference = [&](const std::vector<at::Tensor>& in) {
    const at::Tensor y = at::batch_norm(to_nchw(in[0]), in[1].slice(0, 0, channels), in[2].slice(0, 0, channels), {},
                                        {}, true, 0.1, 1e-3, false);
    return to_nhwc(at::hardtanh(y, 0, 6));
  };
  check_same([&](const auto& in) { return ops::batch_norm(in[0], in[1], in[2], true, {}); }, reference,
             {random({16, size, size, channels}, 1, 0, 2), random({48}, 2, 0.5, 4), random({48}, 3, -1, 3)}, 1e-4);
}

TEST_CASE("batch norm adds a shortcut, and both sides get the gradient", "[supernet][ops]") {
  const auto reference = [&](const std::vector<at::Tensor>& in) {
    return to_nhwc(at::batch_norm(to_nchw(in[0]), in[1], in[2], {}, {}, true, 0.1, 1e-3, false)) + in[3];
  };
  check_same([&](const auto& in) { return ops::batch_norm(in[0], in[1], in[2], false, in[3]); }, reference,
             {random({8, 6, 6, 16}, 1), random({16}, 2, 0.5, 2), random({16}, 3), random({8, 6, 6, 16}, 4)}, 1e-4);
}

TEST_CASE("a bottleneck is its parts, one after the other", "[supernet][ops]") {
  const int stride = GENERATE(1, 2), kernel = GENERATE(3, 5), size = GENERATE(4, 9, 24);
  const bool expands = GENERATE(true, false), shortcut = expands && stride == 1;
  CAPTURE(stride, kernel, size, expands);
  const int in = 16, mid = expands ? 40 : 16, out = shortcut ? 16 : 24;
  const auto reference = [&](const std::vector<at::Tensor>& t) {
    at::Tensor y = t[0];
    if (expands) y = ops::batch_norm(ops::pointwise(y, t[1], mid), t[2], t[3], true, {});
    y = ops::batch_norm(ops::depthwise(y, t[4], kernel, stride), t[5], t[6], true, {});
    return ops::batch_norm(ops::pointwise(y, t[7], out), t[8], t[9], false, shortcut ? t[0] : at::Tensor());
  };
  const auto fused = [&](const std::vector<at::Tensor>& t) {
    return ops::bottleneck(t[0], expands ? ops::ConvolutionWeights{&t[1], &t[2], &t[3]} : ops::ConvolutionWeights{},
                           {&t[4], &t[5], &t[6]}, {&t[7], &t[8], &t[9]}, {kernel, stride, mid, out, shortcut});
  };
  const auto scale = [](std::uint64_t seed) { return random({48}, seed, 0.5, 2); };
  std::vector<at::Tensor> inputs{random({8, size, size, in}, 1),
                                 random({48, 24}, 2),
                                 scale(3),
                                 random({48}, 4),
                                 random({7, 7, 48}, 5),
                                 scale(6),
                                 random({48}, 7),
                                 random({32, 48}, 8),
                                 scale(9),
                                 random({48}, 10)};
  check_same(fused, reference, inputs, 1e-4);
}
