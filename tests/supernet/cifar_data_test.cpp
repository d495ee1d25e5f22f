#include "tests/catch.hpp"
#include "tests/supernet/picture_files.hpp"
#include "tests/supernet/pictures.hpp"

using namespace thimble;
using namespace thimble::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

/// A record of the binary version: its label bytes, then the planes of red, green and blue, row by row.
Bytes record(int index, const Bytes& labels) {
  Bytes bytes = labels;
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < 32; ++y)
      for (int x = 0; x < 32; ++x) bytes.push_back(value_at(index, y, x, c));
  return bytes;
}

std::uint8_t label_of(int index) { return static_cast<std::uint8_t>(index % 3); }

/// CIFAR-10 with three classes: pictures 0..5 and 6..11 to train, 12..17 to test.
void write_cifar10(const TemporaryFolder& root) {
  const std::vector<std::pair<std::string, int>> files{
      {"data_batch_1.bin", 0}, {"data_batch_2.bin", 6}, {"test_batch.bin", 12}};
  for (const auto& [name, first] : files) {
    Bytes bytes;
    for (int i = first; i < first + 6; ++i) append(bytes, record(i, {label_of(i)}));
    write_bytes(root / name, bytes);
  }
  write_text(root / "batches.meta.txt", "airplane\nautomobile\nbird\n\n");
}

/// CIFAR-100 with two coarse classes of two fine ones: pictures 0..7 to train, 8..15 to test.
void write_cifar100(const TemporaryFolder& root) {
  for (const int first : {0, 8}) {
    Bytes bytes;
    for (int i = first; i < first + 8; ++i)
      append(bytes, record(i, {static_cast<std::uint8_t>(i % 4 / 2), static_cast<std::uint8_t>(i % 4)}));
    write_bytes(root / (first == 0 ? "train.bin" : "test.bin"), bytes);
  }
  write_text(root / "coarse_label_names.txt", "fish\r\nflowers\r\n");
  write_text(root / "fine_label_names.txt", "ray\nshark\norchid\nrose\n");
}

DataConfig cifar(const TemporaryFolder& root) {
  DataConfig config;
  config.kind = "cifar";
  config.path = root.text();
  config.image_size = 32;
  config.validation_images = 2;
  return config;
}

}  // namespace

TEST_CASE("CIFAR-10's batches become pictures with their labels and names", "[supernet][data]") {
  const TemporaryFolder root;
  write_cifar10(root);
  const DataSplits splits = load_data(cifar(root));
  CHECK(splits.train.class_names == std::vector<std::string>{"airplane", "automobile", "bird"});
  CHECK(splits.train.channels == 3);
  CHECK(splits.validation.count() == 2);
  Labelled train, test;
  for (int i = 0; i < 18; ++i) (i < 12 ? train : test).emplace(picture(i, 32, 32, 3), label_of(i));
  CHECK(learned(splits) == train);
  CHECK(contents(splits.test) == test);
}

TEST_CASE("CIFAR-100 has fine or coarse labels", "[supernet][data]") {
  const TemporaryFolder root;
  write_cifar100(root);
  DataConfig config = cifar(root);
  Labelled fine, coarse;
  for (int i = 8; i < 16; ++i) {
    fine.emplace(picture(i, 32, 32, 3), i % 4);
    coarse.emplace(picture(i, 32, 32, 3), i % 4 / 2);
  }
  CHECK(contents(load_data(config).test) == fine);
  CHECK(load_data(config).test.class_names == std::vector<std::string>{"ray", "shark", "orchid", "rose"});
  config.labels = "coarse";
  CHECK(contents(load_data(config).test) == coarse);
  CHECK(load_data(config).test.class_names == std::vector<std::string>{"fish", "flowers"});
}

TEST_CASE("CIFAR files at most so many per split, evenly over the classes", "[supernet][data]") {
  const TemporaryFolder root;
  write_cifar10(root);
  DataConfig config = cifar(root);
  config.max_images = 3;
  config.validation_images = 1;
  CHECK_THAT(issues_of(config), Contains("data.validation_images = 1"));  // 3 train pictures, one of each class
  config.max_images = 6;
  const DataSplits splits = load_data(config);
  CHECK(splits.train.count() + splits.validation.count() == 6);
  CHECK(splits.test.count() == 6);
}

TEST_CASE("what is wrong with CIFAR files is named", "[supernet][data]") {
  const TemporaryFolder root;
  DataConfig config = cifar(root);
  SECTION("neither version") { CHECK_THAT(issues_of(config), Contains("data_batch_1.bin (CIFAR-10) or train.bin")); }
  SECTION("no folder") {
    config.path += "/nowhere";
    CHECK_THAT(issues_of(config), Contains("nowhere") && Contains("does not exist"));
  }
  SECTION("missing files, all at once") {
    write_cifar10(root);
    fs::rename(root / "data_batch_2.bin", root / "data_batch_3.bin");
    fs::remove(root / "test_batch.bin");
    CHECK_THAT(issues_of(config), Contains("data_batch_2.bin") && Contains("test_batch.bin") &&
                                      Contains("must be there; the file is missing"));
  }
  SECTION("no names") {
    write_cifar100(root);
    fs::remove(root / "fine_label_names.txt");
    CHECK_THAT(issues_of(config), Contains("fine_label_names.txt") && Contains("the file is missing"));
  }
  SECTION("a file that ends early") {
    write_cifar10(root);
    fs::resize_file(root / "data_batch_2.bin", 3073 * 4 + 100);
    CHECK_THAT(issues_of(config),
               Contains("data_batch_2.bin") &&
                   Contains("whole pictures of 3073 bytes; it ends at byte 12392, within picture 4"));
  }
  SECTION("an empty file") {
    write_cifar10(root);
    fs::resize_file(root / "test_batch.bin", 0);
    CHECK_THAT(issues_of(config), Contains("test_batch.bin") && Contains("it ends at byte 0"));
  }
  SECTION("a label without a name") {
    write_cifar10(root);
    Bytes bytes = record(12, {0});
    append(bytes, record(13, {3}));
    write_bytes(root / "test_batch.bin", bytes);
    CHECK_THAT(issues_of(config), Contains("test_batch.bin") && Contains("labels must be in [0, 2]; picture 1 has 3"));
  }
  SECTION("coarse labels of CIFAR-10") {
    write_cifar10(root);
    config.labels = "coarse";
    CHECK_THAT(issues_of(config), Contains("data.labels = coarse") && Contains("CIFAR-10 has one kind of label"));
  }
  SECTION("a class that is not in the files") {
    write_cifar10(root);
    write_text(root / "batches.meta.txt", "a\nb\nc\nd\n");
    CHECK_THAT(issues_of(config),
               Contains("class d has none in the train split") && Contains("class d has none in the test split"));
  }
}
