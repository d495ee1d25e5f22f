#include "supernet/kernels/kernels.hpp"

#include <cmath>
#include <vector>

#include "graph/base/rng.hpp"
#include "supernet/kernels/worker_pool.hpp"
#include "tests/catch.hpp"
#include "tests/supernet/floats.hpp"

using namespace thimble;
using namespace thimble::test;

TEST_CASE("every instruction set computes what the baseline does", "[supernet][kernels]") {
  const char* name = GENERATE("avx2", "avx512");
  const Kernels* fast = kernels(name);
  if (!fast) return;  // not on this processor
  const Kernels& base = *kernels("baseline");

  SECTION("depthwise convolution and its gradients") {
    const int kernel = GENERATE(3, 5, 7), stride = GENERATE(1, 2), size = GENERATE(1, 2, 11),
              channels = GENERATE(8, 24, 48);
    CAPTURE(name, kernel, stride, size, channels);
    const int out = (size - 1) / stride + 1;
    const DepthwiseShape shape{size, size, channels, kernel, stride, out, out};
    const Floats x = random(size * size * channels, 1), w = random(kernel * kernel * channels, 2);
    const Floats dy = random(out * out * channels, 3);
    Floats y(dy.size()), y2(dy.size()), dx(x.size()), dx2(x.size()), dw = w, dw2 = w;
    base.depthwise(shape, x.data(), w.data(), y.data());
    fast->depthwise(shape, x.data(), w.data(), y2.data());
    base.depthwise_input_gradient(shape, dy.data(), w.data(), dx.data());
    fast->depthwise_input_gradient(shape, dy.data(), w.data(), dx2.data());
    base.depthwise_weight_gradient(shape, x.data(), dy.data(), dw.data());
    fast->depthwise_weight_gradient(shape, x.data(), dy.data(), dw2.data());
    check_near(y2, y);
    check_near(dx2, dx);
    check_near(dw2, dw);
  }

  SECTION("batch norm, forward and backward") {
    const int rows = GENERATE(1, 63, 200), channels = GENERATE(8, 40);
    const bool relu6 = GENERATE(false, true);
    CAPTURE(name, rows, channels, relu6);
    const Floats x = random(rows * channels, 1), dy = random(rows * channels, 2), shortcut = random(rows * channels, 3);
    const Floats scale = random(channels, 4, 1, 9), shift = random(channels, 5), slope = random(channels, 6);
    const ChannelMap map{scale.data(), shift.data()};
    std::vector<double> sums(4 * static_cast<std::size_t>(channels), 1.0), sums2 = sums;
    Floats y(x.size()), y2(x.size()), dx(x.size()), dx2(x.size());
    const auto run = [&](const Kernels& k, std::vector<double>& s, Floats& to, Floats& gradient) {
      k.moments(x.data(), rows, channels, s.data(), s.data() + channels);
      k.norm_gradient_sums(x.data(), dy.data(), rows, channels, map, relu6, s.data() + 2 * channels,
                           s.data() + 3 * channels);
      k.normalize(x.data(), relu6 ? nullptr : shortcut.data(), to.data(), rows, channels, map, relu6);
      k.norm_gradient(x.data(), dy.data(), gradient.data(), rows, channels, map, relu6, slope.data(), shift.data());
    };
    run(base, sums, y, dx);
    run(*fast, sums2, y2, dx2);
    check_near(sums2, sums);
    check_near(y2, y);
    check_near(dx2, dx);
  }
}

TEST_CASE("a worker pool runs every chunk once, whoever takes it", "[supernet][kernels]") {
  const WorkerPool pool(3);
  for (int round = 0; round < 2000; ++round) {
    const int count = 1 + round % 37;
    std::vector<int> runs(static_cast<std::size_t>(count), 0);
    for_chunks(count, [&](int i) { ++runs[static_cast<std::size_t>(i)]; });
    REQUIRE(runs == std::vector<int>(static_cast<std::size_t>(count), 1));
  }
}

TEST_CASE("a worker pool hands on an exception and goes on working", "[supernet][kernels]") {
  const WorkerPool pool(2);
  const auto fail_at_5 = [](int i) {
    if (i == 5) throw std::runtime_error("chunk 5");
  };
  CHECK_THROWS_WITH(for_chunks(16, fail_at_5), "chunk 5");
  std::atomic<int> sum = 0;
  for_chunks(16, [&](int i) { sum += i; });
  CHECK(sum == 120);
}
