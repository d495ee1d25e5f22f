#include <algorithm>
#include <numeric>

#include "supernet/batches.hpp"
#include "supernet/data/picture_operations.hpp"
#include "supernet/data/rendered.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

/// 0, 1, 2, ... over the picture's bytes.
Picture ramp(int size) {
  Picture picture{size, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(size * size * 3))};
  std::iota(picture.pixels.begin(), picture.pixels.end(), std::uint8_t{0});
  return picture;
}

}  // namespace

TEST_CASE("a warp by nothing changes nothing; by whole pixels it shifts and fills with grey",
          "[supernet][augmentation]") {
  const Picture before = ramp(4);
  Picture picture = before;
  warp(picture, 1, 0, 0, 1, 0, 0);
  CHECK(picture.pixels == before.pixels);
  warp(picture, 1, 0, 0, 1, 0.25, 0);  // each pixel from its right neighbour
  CHECK(picture.at(0, 0)[0] == 3);
  CHECK(picture.at(2, 3)[2] == 47);
  CHECK(picture.at(3, 1)[0] == 128);
  picture = before;
  warp(picture, 0, -1, 1, 0, 0, 0);  // a quarter turn
  CHECK(picture.at(0, 0)[0] == 9);
  CHECK(picture.at(3, 0)[0] == 45);
  picture = before;
  warp(picture, 1, 0, 0, 1, 0.125, 0);  // half a pixel: the mean of two
  CHECK(picture.at(0, 0)[0] == 2);
}

TEST_CASE("an erased square is grey, and no larger than its share", "[supernet][augmentation]") {
  Rng rng({3});
  for (int i = 0; i < 20; ++i) {
    Picture picture{8, 1, std::vector<std::uint8_t>(64, 0)};
    erase_square(picture, 0.5, rng);
    const auto grey = std::count(picture.pixels.begin(), picture.pixels.end(), 128);
    CHECK(grey > 0);
    CHECK(grey <= 16);
  }
}

TEST_CASE("random operations are all reached, and at magnitude 0 most of them do nothing", "[supernet][augmentation]") {
  const Picture before = ramp(8);
  Rng rng({5});
  int same = 0;
  std::vector<std::vector<std::uint8_t>> results;
  for (int i = 0; i < 400; ++i) {
    Picture picture = before;
    random_operation(picture, 0, rng);
    same += picture.pixels == before.pixels;
    picture = before;
    random_operation(picture, 0.5, rng);
    if (std::find(results.begin(), results.end(), picture.pixels) == results.end()) results.push_back(picture.pixels);
  }
  CHECK(same > 280);            // all but autocontrast and equalize
  CHECK(results.size() >= 18);  // 14 kinds, some with a sign
}

TEST_CASE("mixup lays each picture of a batch over its opposite, and keeps both labels", "[supernet][augmentation]") {
  const ImageSet images = render_figures(40, 16, 1, 0, 1);
  TrainRecipe recipe;
  recipe.batch = 8;
  const Batch plain = BatchSource(images, recipe, 1).batch(3, 16);
  CHECK(plain.mixed == 0);
  recipe.augmentation.mixup = 0.8;
  const Batch mixed = BatchSource(images, recipe, 1).batch(3, 16);
  REQUIRE(mixed.mixed > 0);
  REQUIRE(mixed.mixed < 1);
  CHECK(mixed.labels == plain.labels);
  CHECK(mixed.mixed_labels == std::vector<std::int64_t>(plain.labels.rbegin(), plain.labels.rend()));
  const std::size_t bytes = 16 * 16 * 3;
  for (std::size_t i : {std::size_t{0}, std::size_t{100}, bytes - 1}) {
    const double expected = (1 - mixed.mixed) * plain.pixels[i] + mixed.mixed * plain.pixels[7 * bytes + i];
    CHECK(std::abs(mixed.pixels[i] - expected) <= 1.0);
  }
}
