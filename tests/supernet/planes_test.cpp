#include "supernet/kernels/planes.hpp"

#include <cmath>

#include "graph/base/rng.hpp"
#include "supernet/kernels/kernels.hpp"
#include "tests/catch.hpp"
#include "tests/supernet/floats.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

float clamped(double value) { return static_cast<float>(std::min(6.0, std::max(0.0, value))); }

/// A plane with a border, all of it random inside and zero in the border.
struct Plane {
  int lanes, size, border, width;
  Floats values;

  Plane(int all_lanes, int pixels, int around, std::uint64_t seed, double from = -1, double to = 1)
      : lanes(all_lanes), size(pixels), border(around), width(pixels + 2 * around) {
    values.assign(static_cast<std::size_t>(width * width * lanes), 0.0f);
    Rng rng({seed});
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x)
        for (int l = 0; l < lanes; ++l) at(y, x, l) = static_cast<float>(rng.uniform(from, to));
  }
  float& at(int y, int x, int lane) {
    return values[static_cast<std::size_t>(((y + border) * width + x + border) * lanes + lane)];
  }
  BorderedPlane whole() { return {values.data(), width}; }
  BorderedPlane pixels() { return {&at(0, 0, 0), width}; }
};

}  // namespace

TEST_CASE("products over planes are those of plain loops, for every instruction set", "[supernet][kernels]") {
  const char* name = GENERATE("baseline", "avx2", "avx512");
  const Kernels* set = kernels(name);
  if (!set) return;  // not on this processor
  const PlaneKernels& planes = set->planes;
  const int rows = GENERATE(1, 7, 70), k = GENERATE(8, 24, 40), n = GENERATE(8, 16, 72), lanes = planes.lanes;
  CAPTURE(name, rows, k, n);
  const Floats a = random(rows * k, 1), b = random(k * n, 2), scale = random(n, 3), shift = random(n, 4);
  const Floats shortcut = random(rows * n, 5);
  Floats packed(static_cast<std::size_t>((n + lanes - 1) / lanes * lanes * k));
  planes.pack(b.data(), n, 1, k, n, packed.data());
  Floats product(static_cast<std::size_t>(rows * n)), mapped = product, added = product;
  std::vector<double> sums(static_cast<std::size_t>(2 * n), 1.0), sums2 = sums;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < n; ++c) {
      double sum = 0;
      for (int i = 0; i < k; ++i) sum += double(a[std::size_t(r * k + i)]) * double(b[std::size_t(i * n + c)]);
      const auto at = static_cast<std::size_t>(r * n + c), column = static_cast<std::size_t>(c);
      product[at] = static_cast<float>(sum);
      mapped[at] = static_cast<float>(sum * double(scale[column]) + double(shift[column]) + double(shortcut[at]));
      added[at] = static_cast<float>(sum + double(shortcut[at]));
      sums[column] += sum;
      sums[column + static_cast<std::size_t>(n)] += sum * sum;
    }
  const BlockedRows from{a.data(), k, 8, 8};  // in blocks of 8, which lie side by side
  Floats out(product.size());
  planes.multiply_moments(from, k, packed.data(), n, rows, out.data(), sums2.data(), sums2.data() + n);
  check_near(out, product);
  check_near(sums2, sums);
  planes.multiply_map(from, k, packed.data(), n, rows, {scale.data(), shift.data()}, shortcut.data(), out.data());
  check_near(out, mapped);
  planes.multiply_add(from, k, packed.data(), n, rows, out.data(), false);
  check_near(out, product);
  out = shortcut;
  planes.multiply_add(from, k, packed.data(), n, rows, out.data(), true);
  check_near(out, added);

  SECTION("outer products and sums of squares of rows") {
    const Floats d = random(rows * lanes, 6);
    Floats outer(static_cast<std::size_t>(k * lanes), 1.0f), expected = outer;
    std::vector<double> gram(static_cast<std::size_t>(k * (k + 1)), 1.0), gram2 = gram;
    for (int i = 0; i < k; ++i)
      for (int r = 0; r < rows; ++r) {
        const double x = double(a[std::size_t(r * k + i)]);
        for (int l = 0; l < lanes; ++l)
          expected[std::size_t(i * lanes + l)] += static_cast<float>(x * double(d[std::size_t(r * lanes + l)]));
        for (int j = 0; j < k; ++j) gram[std::size_t(i * k + j)] += x * double(a[std::size_t(r * k + j)]);
        gram[std::size_t(k * k + i)] += x;
      }
    planes.outer(d.data(), a.data(), k, k, rows, outer.data());
    check_near(outer, expected);
    planes.gram(a.data(), k, rows, gram2.data(), gram2.data() + k * k);
    check_near(gram2, gram);
  }

  SECTION("a gradient passes where ReLU6 is open") {
    const Floats normalized = random(rows * lanes, 7, -2, 8), raw = random(rows * lanes, 8);
    Floats d(static_cast<std::size_t>(rows * lanes)), expected = d;
    std::vector<double> s(static_cast<std::size_t>(2 * lanes), 1.0), s2 = s;
    for (int r = 0; r < rows; ++r)
      for (int l = 0; l < std::min(lanes, n); ++l) {
        const auto at = static_cast<std::size_t>(r * lanes + l), lane = static_cast<std::size_t>(l);
        expected[at] = normalized[at] > 0 && normalized[at] < 6 ? product[std::size_t(r * n + l)] : 0;
        s[lane] += double(expected[at]);
        s[lane + static_cast<std::size_t>(lanes)] += double(expected[at]) * double(raw[at]);
      }
    planes.multiply_gradient(a.data(), k, packed.data(), rows, normalized.data(), raw.data(), d.data(), s2.data(),
                             s2.data() + lanes);
    check_near(d, expected);
    check_near(s2, s);
  }
}

TEST_CASE("an expansion fills the pixels of a plane", "[supernet][kernels]") {
  const char* name = GENERATE("baseline", "avx2", "avx512");
  const Kernels* set = kernels(name);
  if (!set) return;
  const int size = GENERATE(1, 6, 11), k = 24, lanes = set->planes.lanes;
  const Floats x = random(size * size * k, 1, -2, 2), b = random(k * lanes, 2), scale = random(lanes, 3, 0.5, 2),
               shift = random(lanes, 4);
  Floats packed(b.size());
  set->planes.pack(b.data(), lanes, 1, k, lanes, packed.data());
  Plane plane(lanes, size, 2, 5), expected = plane;
  for (int p = 0; p < size * size; ++p)
    for (int l = 0; l < lanes; ++l) {
      double sum = 0;
      for (int i = 0; i < k; ++i) sum += double(x[std::size_t(p * k + i)]) * double(b[std::size_t(i * lanes + l)]);
      expected.at(p / size, p % size, l) = clamped(sum * double(scale[std::size_t(l)]) + double(shift[std::size_t(l)]));
    }
  set->planes.expand(x.data(), k, packed.data(), {scale.data(), shift.data()}, size, plane.pixels());
  check_near(plane.values, expected.values);
}

TEST_CASE("depthwise convolutions over planes and their gradients are those of plain loops", "[supernet][kernels]") {
  const char* name = GENERATE("baseline", "avx2", "avx512");
  const Kernels* set = kernels(name);
  if (!set) return;
  const PlaneKernels& planes = set->planes;
  const int kernel = GENERATE(3, 5, 7), stride = GENERATE(1, 2), size = GENERATE(1, 6, 9, 17), lanes = planes.lanes;
  CAPTURE(name, kernel, stride, size);
  const int border = kernel / 2, out = (size - 1) / stride + 1;
  Plane x(lanes, size, border, 1, -1, 7), d(lanes, out, border, 2);
  const Floats w = random(kernel * kernel * lanes, 3), scale = random(lanes, 4), shift = random(lanes, 5);
  std::vector<double> y(static_cast<std::size_t>(out * out * lanes), 0.0),
      sums(static_cast<std::size_t>(2 * lanes), 1.0);
  std::vector<double> dw(w.begin(), w.end()), dx(static_cast<std::size_t>(size * size * lanes), 0.0);
  for (int oy = 0; oy < out; ++oy)
    for (int ox = 0; ox < out; ++ox)
      for (int i = 0; i < kernel; ++i)
        for (int j = 0; j < kernel; ++j)
          for (int l = 0; l < lanes; ++l) {
            const int iy = oy * stride + i - border, ix = ox * stride + j - border;
            if (iy < 0 || iy >= size || ix < 0 || ix >= size) continue;
            const auto tap = static_cast<std::size_t>((i * kernel + j) * lanes + l);
            y[std::size_t((oy * out + ox) * lanes + l)] += double(x.at(iy, ix, l)) * double(w[tap]);
            dw[tap] += double(x.at(iy, ix, l)) * double(d.at(oy, ox, l));
            if (x.at(iy, ix, l) > 0 && x.at(iy, ix, l) < 6)
              dx[std::size_t((iy * size + ix) * lanes + l)] += double(d.at(oy, ox, l)) * double(w[tap]);
          }
  std::vector<double> mapped, sum_dx(static_cast<std::size_t>(lanes), 1.0);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t lane = i % static_cast<std::size_t>(lanes);
    sums[lane] += y[i];
    sums[lane + static_cast<std::size_t>(lanes)] += y[i] * y[i];
    mapped.push_back(double(clamped(y[i] * double(scale[lane]) + double(shift[lane]))));
  }
  for (std::size_t i = 0; i < dx.size(); ++i) sum_dx[i % static_cast<std::size_t>(lanes)] += dx[i];

  const auto in_double = [](const Floats& values) { return std::vector<double>(values.begin(), values.end()); };
  Floats found(y.size()), found_dw = w, found_dx(dx.size());
  std::vector<double> found_sums(sums.size(), 1.0), found_sum_dx(sum_dx.size(), 1.0);
  planes.depthwise_moments(x.whole(), w.data(), kernel, stride, out, found.data(), found_sums.data(),
                           found_sums.data() + lanes);
  check_near(in_double(found), y);
  check_near(found_sums, sums);
  planes.depthwise_map(x.whole(), w.data(), kernel, stride, out, {scale.data(), shift.data()}, found.data());
  check_near(in_double(found), mapped);
  planes.depthwise_weights(x.whole(), d.pixels(), kernel, stride, out, found_dw.data());
  check_near(in_double(found_dw), dw);
  planes.depthwise_input(d.whole(), w.data(), kernel, stride, size, x.pixels(), found_dx.data(), found_sum_dx.data());
  check_near(in_double(found_dx), dx);
  check_near(found_sum_dx, sum_dx);
}
