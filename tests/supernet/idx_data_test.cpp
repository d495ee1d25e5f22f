#include "tests/catch.hpp"
#include "tests/supernet/picture_files.hpp"
#include "tests/supernet/pictures.hpp"

using namespace thimble;
using namespace thimble::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

/// 00 00 08 dimensions, then each size as four bytes, the highest first.
Bytes idx_header(const std::vector<int>& sizes) {
  Bytes bytes{0, 0, 8, static_cast<std::uint8_t>(sizes.size())};
  for (int size : sizes)
    append(bytes, {0, 0, static_cast<std::uint8_t>(size / 256), static_cast<std::uint8_t>(size % 256)});
  return bytes;
}

Bytes idx_pictures(int first, int count, int height, int width) {
  Bytes bytes = idx_header({count, height, width});
  for (int i = first; i < first + count; ++i) append(bytes, picture(i, height, width, 1));
  return bytes;
}

/// Labels 0, 1, 2, 0, ... plus `add`.
Bytes idx_labels(int first, int count, int add = 0) {
  Bytes bytes = idx_header({count});
  for (int i = first; i < first + count; ++i) bytes.push_back(static_cast<std::uint8_t>(i % 3 + add));
  return bytes;
}

/// Pictures 0..29 to train, 30..41 to test, of three classes.
void write_idx(const TemporaryFolder& root, int height = 10, int width = 10) {
  write_bytes(root / "train-images-idx3-ubyte", idx_pictures(0, 30, height, width));
  write_bytes(root / "train-labels-idx1-ubyte", idx_labels(0, 30));
  write_bytes(root / "t10k-images-idx3-ubyte", idx_pictures(30, 12, height, width));
  write_bytes(root / "t10k-labels-idx1-ubyte", idx_labels(30, 12));
}

Labelled expected(int first, int count) {
  Labelled all;
  for (int i = first; i < first + count; ++i) all.emplace(picture(i, 10, 10, 1), i % 3);
  return all;
}

DataConfig idx(const TemporaryFolder& root) {
  DataConfig config;
  config.kind = "idx";
  config.path = root.text();
  config.image_size = 10;
  config.validation_images = 6;
  return config;
}

}  // namespace

TEST_CASE("IDX files become grey pictures with their labels", "[supernet][data]") {
  const TemporaryFolder root;
  write_idx(root);
  const DataSplits splits = load_data(idx(root));
  CHECK(splits.train.channels == 1);
  CHECK(splits.train.class_names == std::vector<std::string>{"0", "1", "2"});
  CHECK(splits.train.count() == 24);
  CHECK(splits.validation.count() == 6);
  CHECK(learned(splits) == expected(0, 30));
  CHECK(contents(splits.test) == expected(30, 12));
  CHECK_FALSE(std::is_sorted(splits.test.labels.begin(), splits.test.labels.end()));
}

TEST_CASE("packed IDX files give the same pictures", "[supernet][data]") {
  const TemporaryFolder root, packed;
  write_idx(root);
  for (const auto& entry : fs::directory_iterator(root.text())) {
    std::ifstream file(entry.path(), std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    write_bytes(packed / (entry.path().filename().string() + ".gz"), gzipped(bytes));
  }
  const DataSplits splits = load_data(idx(root));
  CHECK(fingerprint(load_data(idx(packed)).train) == fingerprint(splits.train));
  CHECK(fingerprint(load_data(idx(packed)).test) == fingerprint(splits.test));
}

TEST_CASE("the family's other names are found: EMNIST's, with a dot, plain before packed", "[supernet][data]") {
  const TemporaryFolder root;
  write_bytes(root / "emnist-letters-train-images-idx3-ubyte.gz", gzipped(idx_pictures(0, 30, 10, 10)));
  write_bytes(root / "emnist-letters-train-labels-idx1-ubyte", idx_labels(0, 30, 1));  // letters begin at 1
  write_bytes(root / "emnist-letters-test-images.idx3-ubyte", idx_pictures(30, 12, 10, 10));
  write_bytes(root / "emnist-letters-test-images.idx3-ubyte.gz", {1, 2, 3});
  write_bytes(root / "emnist-letters-test-labels.idx1-ubyte", idx_labels(30, 12, 1));
  const DataSplits splits = load_data(idx(root));
  CHECK(splits.train.class_names == std::vector<std::string>{"1", "2", "3"});
  CHECK(contents(splits.test) == expected(30, 12));
  SECTION("two of a kind are ambiguous") {
    write_bytes(root / "emnist-digits-train-images-idx3-ubyte", idx_pictures(0, 30, 10, 10));
    CHECK_THAT(issues_of(idx(root)), Contains("must hold one file of train-images-idx3-ubyte") &&
                                         Contains("emnist-digits-train-images-idx3-ubyte and emnist-letters-train"));
  }
}

TEST_CASE("the job names the classes of IDX labels", "[supernet][data]") {
  const TemporaryFolder root;
  write_idx(root);
  DataConfig config = idx(root);
  config.class_names = {"shirt", "shoe", "bag"};
  CHECK(load_data(config).test.class_names == config.class_names);
  SECTION("a label beyond the names") {
    config.class_names.pop_back();
    CHECK_THAT(issues_of(config), Contains("train-labels-idx1-ubyte") &&
                                      Contains("must be in [0, 1], as data.class_names has it; label 2 is 2"));
  }
  SECTION("a name without labels") {
    config.class_names.push_back("hat");
    CHECK_THAT(issues_of(config), Contains("class hat has none in the train split"));
  }
}

TEST_CASE("pictures that are not square are cut to the centre and resized", "[supernet][data]") {
  const TemporaryFolder root;
  write_idx(root, 20, 12);
  DataConfig config = idx(root);
  SECTION("the centre: rows 4 to 15") {
    config.image_size = 12;
    Labelled centre;
    for (int i = 30; i < 42; ++i) {
      const Bytes all = picture(i, 20, 12, 1);
      centre.emplace(Bytes(all.begin() + 4 * 12, all.begin() + 16 * 12), i % 3);
    }
    CHECK(contents(load_data(config).test) == centre);
  }
  SECTION("half its size: means of 2 x 2 pixels, halves upward") {
    config.image_size = 6;
    Labelled means;
    for (int i = 30; i < 42; ++i) {
      Bytes mean;
      for (int y = 4; y < 16; y += 2)
        for (int x = 0; x < 12; x += 2)
          mean.push_back(static_cast<std::uint8_t>((value_at(i, y, x, 0) + value_at(i, y, x + 1, 0) +
                                                    value_at(i, y + 1, x, 0) + value_at(i, y + 1, x + 1, 0) + 2) /
                                                   4));
      means.emplace(mean, i % 3);
    }
    CHECK(contents(load_data(config).test) == means);
  }
}

TEST_CASE("IDX files without a test part are split by class and seed", "[supernet][data]") {
  const TemporaryFolder root;
  write_idx(root);
  fs::remove(root / "t10k-images-idx3-ubyte");
  fs::remove(root / "t10k-labels-idx1-ubyte");
  DataConfig config = idx(root);
  config.test_share = 0.3;
  const DataSplits splits = load_data(config);
  CHECK(splits.test.count() == 9);
  for (int label : {0, 1, 2}) CHECK(std::count(splits.test.labels.begin(), splits.test.labels.end(), label) == 3);
  Labelled all = learned(splits);
  CHECK(all.size() == 21);
  all.merge(contents(splits.test));
  CHECK(all == expected(0, 30));
  CHECK(fingerprint(load_data(config).test) == fingerprint(splits.test));
  config.seed = 2;
  CHECK(fingerprint(load_data(config).test) != fingerprint(splits.test));
  config.test_share = 0.01;
  CHECK_THAT(issues_of(config), Contains("data.test_share = 0.01") && Contains("class 0 has none in the test split"));
}

TEST_CASE("what is wrong with IDX files is named", "[supernet][data]") {
  const TemporaryFolder root;
  write_idx(root);
  const DataConfig config = idx(root);
  SECTION("a missing file") {
    fs::remove(root / "train-labels-idx1-ubyte");
    CHECK_THAT(issues_of(config), Contains("train-labels-idx1-ubyte") && Contains("the file is missing"));
  }
  SECTION("half a test part") {
    fs::remove(root / "t10k-images-idx3-ubyte");
    CHECK_THAT(issues_of(config), Contains("t10k-images-idx3-ubyte") && Contains("the file is missing"));
  }
  SECTION("labels in the place of pictures") {
    fs::copy_file(root / "t10k-labels-idx1-ubyte", root / "t10k-images-idx3-ubyte",
                  fs::copy_options::overwrite_existing);
    CHECK_THAT(issues_of(config), Contains("t10k-images-idx3-ubyte") &&
                                      Contains("must begin with 0x00000803 (unsigned bytes in 3 dimensions); it begins "
                                               "with 0x00000801"));
  }
  SECTION("no room for a header") {
    write_bytes(root / "train-images-idx3-ubyte", {0, 0, 8, 3, 0, 0});
    CHECK_THAT(issues_of(config), Contains("must begin with a header of 16 bytes; it has 6"));
  }
  SECTION("a file that ends early") {
    fs::resize_file(root / "train-images-idx3-ubyte", 2000);
    CHECK_THAT(issues_of(config), Contains("train-images-idx3-ubyte") &&
                                      Contains("must have 3016 bytes, as its header says; it has 2000"));
  }
  SECTION("sizes that cannot be") {
    write_bytes(root / "train-images-idx3-ubyte", {0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 10, 0, 0, 0, 10});
    CHECK_THAT(issues_of(config), Contains("size 0 of its header is too large: 4294967295"));
  }
  SECTION("no pictures") {
    write_bytes(root / "train-images-idx3-ubyte", idx_pictures(0, 0, 10, 10));
    CHECK_THAT(issues_of(config), Contains("must hold pictures; it is empty"));
  }
  SECTION("fewer labels than pictures") {
    write_bytes(root / "t10k-labels-idx1-ubyte", idx_labels(30, 11));
    CHECK_THAT(issues_of(config),
               Contains("t10k-labels-idx1-ubyte") &&
                   Contains("must hold a label for each of the 12 pictures of t10k-images-idx3-ubyte; it holds 11"));
  }
  SECTION("a label that nothing was trained for") {
    write_bytes(root / "t10k-labels-idx1-ubyte", idx_labels(30, 12, 1));
    CHECK_THAT(issues_of(config), Contains("t10k-labels-idx1-ubyte") && Contains("label 2 is 3"));
  }
  SECTION("one class") {
    Bytes labels = idx_header({30});
    labels.resize(labels.size() + 30);
    write_bytes(root / "train-labels-idx1-ubyte", labels);
    Bytes test = idx_header({12});
    test.resize(test.size() + 12);
    write_bytes(root / "t10k-labels-idx1-ubyte", test);
    CHECK_THAT(issues_of(config), Contains("at least two classes; it holds 1"));
  }
  SECTION("a packed file that ends early") {
    Bytes packed = gzipped(idx_pictures(0, 30, 10, 10));
    packed.resize(packed.size() / 2);
    write_bytes(root / "train-images-idx3-ubyte", packed);
    CHECK_THAT(issues_of(config), Contains("train-images-idx3-ubyte") && Contains("must be a whole gzip file"));
  }
  SECTION("a packed file that is damaged") {
    Bytes packed = gzipped(idx_pictures(0, 30, 10, 10));
    packed[packed.size() - 6] ^= 1;  // its checksum
    write_bytes(root / "train-images-idx3-ubyte", packed);
    CHECK_THAT(issues_of(config), Contains("train-images-idx3-ubyte") && Contains("must be a sound gzip file"));
  }
}

TEST_CASE("packed pieces that follow each other are one file", "[supernet][data]") {
  const TemporaryFolder root;
  write_idx(root);
  const Bytes all = idx_pictures(0, 30, 10, 10);
  Bytes pieces = gzipped(Bytes(all.begin(), all.begin() + 1000));
  append(pieces, gzipped(Bytes(all.begin() + 1000, all.end())));
  write_bytes(root / "train-images-idx3-ubyte", pieces);
  CHECK(learned(load_data(idx(root))) == expected(0, 30));
}
