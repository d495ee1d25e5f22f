#include "supernet/data/data.hpp"

#include <algorithm>

#include "graph/base/error.hpp"
#include "supernet/data/rendered.hpp"
#include "tests/catch.hpp"
#include "tests/supernet/picture_files.hpp"
#include "tests/supernet/pictures.hpp"

using namespace thimble;
using namespace thimble::test;
namespace fs = std::filesystem;

namespace {

/// Two classes of ten pictures each in train and test: dark blue cats as PNG, light red dogs as JPEG.
void write_pets(const TemporaryFolder& root) {
  for (const char* split : {"train", "test"}) {
    for (int i = 0; i < 10; ++i) {
      const fs::path folder = root / split;
      write_png(folder / "cat" / (std::to_string(i) + ".png"), 12, 8, plain(12, 8, 10, 20, 90));
      write_jpeg(folder / "dog" / (std::to_string(i) + ".jpg"), 16, 40, plain(16, 40, 250, 200, 200));
    }
  }
}

DataConfig folder_config(const TemporaryFolder& root) {
  DataConfig config;
  config.kind = "image_folder";
  config.path = root.text();
  config.image_size = 8;
  config.validation_images = 4;
  return config;
}

/// PATH/a with 2 pictures and PATH/b with 60, no train and test.
void write_uneven(const TemporaryFolder& root) {
  for (int i = 0; i < 60; ++i) {
    const std::string name = std::to_string(i) + ".png";
    if (i < 2) write_png(root / "a" / name, 8, 8, plain(8, 8, 10, 20, 30));
    write_png(root / "b" / name, 8, 8, plain(8, 8, 200, 100, static_cast<unsigned char>(i)));
  }
}

}  // namespace

TEST_CASE("class folders become labelled pictures, in mixed order", "[supernet][data]") {
  const TemporaryFolder root;
  write_pets(root);
  const DataSplits splits = load_data(folder_config(root));
  CHECK_FALSE(std::is_sorted(splits.test.labels.begin(), splits.test.labels.end()));
  CHECK(splits.train.class_names == std::vector<std::string>{"cat", "dog"});
  CHECK(splits.train.count() == 16);
  CHECK(splits.validation.count() == 4);
  REQUIRE(splits.test.count() == 20);
  CHECK(std::count(splits.test.labels.begin(), splits.test.labels.end(), 0) == 10);
  for (int i = 0; i < 20; ++i) {
    const auto pixel = splits.test.image(i);
    const bool dog = splits.test.labels[static_cast<std::size_t>(i)] == 1;
    CHECK(int(pixel[0]) == Approx(dog ? 250 : 10).margin(3));
    CHECK(int(pixel[2]) == Approx(dog ? 200 : 90).margin(3));
  }
}

TEST_CASE("a folder without train and test is split by class and seed", "[supernet][data]") {
  const TemporaryFolder root;
  for (int i = 0; i < 20; ++i) {
    write_png(root / "a" / (std::to_string(i) + ".png"), 8, 8, plain(8, 8, static_cast<unsigned char>(i), 0, 0));
    write_png(root / "b" / (std::to_string(i) + ".png"), 8, 8, plain(8, 8, 0, static_cast<unsigned char>(i), 0));
  }
  DataConfig config = folder_config(root);
  config.test_share = 0.25;
  const DataSplits splits = load_data(config);
  CHECK(splits.test.count() == 10);
  CHECK(std::count(splits.test.labels.begin(), splits.test.labels.end(), 0) == 5);
  CHECK(splits.train.count() + splits.validation.count() == 30);
  CHECK(fingerprint(load_data(config).test) == fingerprint(splits.test));
  config.seed = 2;
  CHECK(fingerprint(load_data(config).test) != fingerprint(splits.test));
}

TEST_CASE("bad folders are named", "[supernet][data]") {
  const TemporaryFolder root;
  DataConfig config = folder_config(root);
  SECTION("missing") {
    config.path = root.text() + "/nowhere";
    CHECK(issues_of(config).find("nowhere") != std::string::npos);
    CHECK(issues_of(config).find("does not exist") != std::string::npos);
  }
  SECTION("no classes") { CHECK(issues_of(config).find("a folder per class") != std::string::npos); }
  SECTION("empty classes, all at once") {
    write_pets(root);
    fs::create_directories(root / "train" / "emu");
    fs::create_directories(root / "train" / "yak");
    const std::string text = issues_of(config);
    CHECK(text.find("emu") != std::string::npos);
    CHECK(text.find("yak") != std::string::npos);
  }
  SECTION("classes that differ") {
    write_pets(root);
    write_png(root / "train" / "emu" / "1.png", 8, 8, plain(8, 8, 0, 0, 0));
    CHECK(issues_of(config).find("same class folders") != std::string::npos);
  }
  SECTION("too few pictures for validation") {
    write_pets(root);
    config.validation_images = 20;
    CHECK(issues_of(config).find("data.validation_images = 20") != std::string::npos);
  }
}

TEST_CASE("a few corrupt pictures are left out and named, many are an error", "[supernet][data]") {
  const TemporaryFolder root;
  write_pets(root);
  const fs::path dog = root / "train" / "dog" / "3.jpg";
  fs::resize_file(dog, fs::file_size(dog) / 2);
  write_text(root / "train" / "cat" / "5.png", "not a picture");
  DataConfig config = folder_config(root);
  SECTION("2 of 40 within 10 %") {
    config.max_corrupt_share = 0.1;
    const DataSplits splits = load_data(config);
    REQUIRE(splits.corrupt.size() == 2);
    CHECK(splits.corrupt[0].find("cat/5.png: neither JPEG nor PNG") != std::string::npos);
    CHECK(splits.corrupt[1].find("dog/3.jpg: ") != std::string::npos);
    CHECK(splits.train.count() + splits.validation.count() == 18);
  }
  SECTION("2 of 40 beyond 1 %") {
    CHECK_THROWS_WITH(load_data(config), Catch::Contains("2 of 40") && Catch::Contains("cat/5.png"));
  }
}

TEST_CASE("decoded pictures are cached until a file changes", "[supernet][data]") {
  const TemporaryFolder root, cache;
  write_pets(root);
  DataConfig config = folder_config(root);
  config.cache_dir = cache.text();
  const std::uint64_t first = fingerprint(load_data(config).test);
  const auto files = [&] { return std::distance(fs::directory_iterator(cache.text()), fs::directory_iterator()); };
  CHECK(files() == 2);
  CHECK(fingerprint(load_data(config).test) == first);
  SECTION("a damaged cache is made anew") {
    for (const auto& entry : fs::directory_iterator(cache.text())) fs::resize_file(entry.path(), 50);
    CHECK(fingerprint(load_data(config).test) == first);
  }
  SECTION("a changed file is read") {
    write_png(root / "test" / "cat" / "0.png", 8, 8, plain(8, 8, 1, 2, 3));
    CHECK(fingerprint(load_data(config).test) != first);
    CHECK(files() == 3);
  }
}

TEST_CASE("at most so many pictures are read, evenly over the classes", "[supernet][data]") {
  const TemporaryFolder root;
  write_pets(root);
  DataConfig config = folder_config(root);
  config.max_images = 10;
  const DataSplits splits = load_data(config);
  CHECK(splits.test.count() == 10);
  CHECK(std::count(splits.test.labels.begin(), splits.test.labels.end(), 1) == 5);
}

TEST_CASE("a class that would be left without pictures is refused by name", "[supernet][data]") {
  const TemporaryFolder root;
  DataConfig config = folder_config(root);
  SECTION("by the split: a fifth of 2 pictures is none") {
    write_uneven(root);
    config.max_images = 8;
    const std::string text = issues_of(config);
    CHECK_THAT(text, Catch::Contains("data.test_share = 0.2") &&
                         Catch::Contains("must leave every class pictures to train and to test; class a has none in "
                                         "the test split"));
  }
  SECTION("by the limit: a quarter of 1 picture is none") {
    write_uneven(root);
    config.test_share = 0.5;
    config.max_images = 8;  // of 31 each: 8 of b's 30, lround(8 / 31) = 0 of a's 1
    const std::string text = issues_of(config);
    CHECK_THAT(text, Catch::Contains("data.max_images = 8") && Catch::Contains("class a has none in the train split") &&
                         Catch::Contains("class a has none in the test split"));
  }
  SECTION("by corrupt files") {
    write_pets(root);
    write_png(root / "train" / "emu" / "1.png", 8, 8, plain(8, 8, 0, 0, 0));
    write_text(root / "test" / "emu" / "1.png", "not a picture");
    config.max_corrupt_share = 0.1;
    CHECK_THAT(issues_of(config), Catch::Contains("data.path = " + root.text()) &&
                                      Catch::Contains("class emu has none in the test split"));
  }
  SECTION("by the validation pictures") {
    write_pets(root);
    config.validation_images = 19;  // of 20: one is left
    CHECK_THAT(issues_of(config),
               Catch::Contains("data.validation_images = 19") && Catch::Contains("has none in the train split"));
  }
}

TEST_CASE("rendered pictures depend on seed and place alone", "[supernet][data]") {
  const ImageSet images = render_figures(40, 32, 7, 0, 1);
  CHECK(fingerprint(render_figures(40, 32, 7, 0, 2)) == fingerprint(images));
  CHECK(fingerprint(render_figures(40, 32, 8, 0, 1)) != fingerprint(images));
  CHECK(fingerprint(render_figures(40, 32, 7, 1, 1)) != fingerprint(images));
  CHECK(std::count(images.labels.begin(), images.labels.end(), 1) == 20);
  const ImageSet more = render_figures(41, 32, 7, 0, 1);
  CHECK(std::equal(images.pixels.begin(), images.pixels.end(), more.pixels.begin()));
}

TEST_CASE("a mixed subset holds all classes of a set that is sorted by class", "[supernet][data]") {
  ImageSet images{1, 3, {"a", "b"}, {}, {}};
  for (int i = 0; i < 100; ++i) {
    images.labels.push_back(i / 50);
    images.pixels.insert(images.pixels.end(), 3, static_cast<std::uint8_t>(i));
  }
  const ImageSet mixed = mixed_subset(images, 20);
  REQUIRE(mixed.count() == 20);
  CHECK(std::count(mixed.labels.begin(), mixed.labels.end(), 0) > 4);
  CHECK(std::count(mixed.labels.begin(), mixed.labels.end(), 1) > 4);
  CHECK(mixed_subset(images, 1000).count() == 100);
  CHECK(fingerprint(mixed_subset(images, 20)) == fingerprint(mixed));
}

TEST_CASE("the first pictures of a set are as many as asked for, or all", "[supernet][data]") {
  const ImageSet images = render_figures(6, 8, 1, 0, 1);
  const ImageSet two = first_images(images, 2);
  REQUIRE(two.count() == 2);
  CHECK(std::equal(two.labels.begin(), two.labels.end(), images.labels.begin()));
  CHECK(std::equal(two.pixels.begin(), two.pixels.end(), images.pixels.begin()));
  CHECK(first_images(images, 0).count() == 6);
  CHECK(first_images(images, 7).count() == 6);
}

TEST_CASE("validation pictures are never trained on", "[supernet][data]") {
  DataConfig config;
  config.image_size = 16;
  config.train_images = 60;
  config.test_images = 10;
  config.validation_images = 20;
  const DataSplits splits = load_data(config);
  CHECK(splits.train.count() == 40);
  for (int v = 0; v < splits.validation.count(); ++v)
    for (int t = 0; t < splits.train.count(); ++t) {
      const auto a = splits.validation.image(v), b = splits.train.image(t);
      CHECK_FALSE(std::equal(a.begin(), a.end(), b.begin()));
    }
}
