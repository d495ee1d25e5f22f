#include "supernet/data/resize.hpp"

#include "tests/catch.hpp"

using namespace thimble;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes resized(const Bytes& input, int height, int width, int channels, int out_height, int out_width) {
  Bytes output(static_cast<std::size_t>(out_height * out_width * channels));
  resize_image(input, height, width, channels, out_height, out_width, output);
  return output;
}

}  // namespace

TEST_CASE("shrinking averages the covered area, ties upward", "[supernet][resize]") {
  CHECK(resized({10, 20, 30, 40}, 2, 2, 1, 1, 1) == Bytes{25});
  CHECK(resized({0, 1, 0, 1}, 1, 4, 1, 1, 2) == Bytes{1, 1});  // 0.5 and 0.5
  // 3 pixels onto 2: (100 + 40 / 2) / 1.5 = 80 and (40 / 2 + 10) / 1.5 = 20
  CHECK(resized({100, 40, 10}, 1, 3, 1, 1, 2) == Bytes{80, 20});
}

TEST_CASE("enlarging interpolates between pixel centres", "[supernet][resize]") {
  // centres of the output lie at -0.25, 0.25, 0.75, 1.25 of the input
  CHECK(resized({0, 100}, 1, 2, 1, 1, 4) == Bytes{0, 25, 75, 100});
}

TEST_CASE("channels do not mix", "[supernet][resize]") {
  CHECK(resized({10, 200, 30, 100}, 1, 2, 2, 1, 1) == Bytes{20, 150});
}

TEST_CASE("a plain picture stays plain, and one of the same size stays as it is", "[supernet][resize]") {
  const int size = GENERATE(1, 5, 17, 64, 90);
  const Bytes plain(32 * 32 * 3, 137);
  for (std::uint8_t value : resized(plain, 32, 32, 3, size, size)) CHECK(int(value) == 137);
  const Bytes any{1, 2, 3, 4};
  CHECK(resized(any, 2, 2, 1, 2, 2) == any);
}

TEST_CASE("the quantised input is pixel - 128", "[supernet][resize]") {
  const ImageSet images{2, 1, {"a"}, {0, 128, 255, 127}, {0}};
  CHECK(quantized_input(images, 0, 2) == std::vector<std::int8_t>{-128, 0, 127, -1});
}
