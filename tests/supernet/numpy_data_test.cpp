#include "tests/catch.hpp"
#include "tests/supernet/picture_files.hpp"
#include "tests/supernet/pictures.hpp"

using namespace thimble;
using namespace thimble::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

/// A .npy file: magic, version, length of the header (2 or 4 bytes), header padded to a multiple of 64, elements.
Bytes npy(std::string header, const Bytes& elements, int version = 1) {
  const std::size_t before = version == 1 ? 10 : 12;
  while ((before + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  Bytes bytes{0x93, 'N', 'U', 'M', 'P', 'Y', static_cast<std::uint8_t>(version), 0};
  for (std::size_t i = 0; i < before - 8; ++i) bytes.push_back(static_cast<std::uint8_t>(header.size() >> (8 * i)));
  append(bytes, Bytes(header.begin(), header.end()));
  append(bytes, elements);
  return bytes;
}

std::string header_of(const std::string& dtype, const std::string& shape) {
  return "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': (" + shape + "), }";
}

Bytes pictures_of(int first, int count, int height, int width, int channels) {
  Bytes bytes;
  for (int i = first; i < first + count; ++i) append(bytes, picture(i, height, width, channels));
  return bytes;
}

/// Labels 0, 1, 0, ... of so many bytes each, the lowest first.
Bytes labels_of(int count, int bytes_each) {
  Bytes bytes;
  for (int i = 0; i < count; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i % 2));
    bytes.resize(bytes.size() + static_cast<std::size_t>(bytes_each) - 1);
  }
  return bytes;
}

/// Colour pictures 0..19 to train, 20..29 to test, of two classes.
void write_numpy(const TemporaryFolder& root) {
  write_bytes(root / "train_images.npy", npy(header_of("|u1", "20, 8, 8, 3"), pictures_of(0, 20, 8, 8, 3)));
  write_bytes(root / "train_labels.npy", npy(header_of("<i8", "20,"), labels_of(20, 8)));
  write_bytes(root / "test_images.npy", npy(header_of("|u1", "10, 8, 8, 3"), pictures_of(20, 10, 8, 8, 3)));
  write_bytes(root / "test_labels.npy", npy(header_of("|u1", "10,"), labels_of(10, 1)));
}

Labelled expected(int first, int count, int channels) {
  Labelled all;
  for (int i = first; i < first + count; ++i) all.emplace(picture(i, 8, 8, channels), i % 2);
  return all;
}

DataConfig numpy(const TemporaryFolder& root) {
  DataConfig config;
  config.kind = "numpy";
  config.path = root.text();
  config.image_size = 8;
  config.validation_images = 4;
  return config;
}

}  // namespace

TEST_CASE("NumPy arrays become pictures with their labels", "[supernet][data]") {
  const TemporaryFolder root;
  write_numpy(root);
  DataConfig config = numpy(root);
  const DataSplits splits = load_data(config);
  CHECK(splits.train.channels == 3);
  CHECK(splits.train.class_names == std::vector<std::string>{"0", "1"});
  CHECK(splits.validation.count() == 4);
  CHECK(learned(splits) == expected(0, 20, 3));
  CHECK(contents(splits.test) == expected(20, 10, 3));
  config.class_names = {"off", "on"};
  CHECK(load_data(config).test.class_names == config.class_names);
}

TEST_CASE("NumPy arrays without a channel axis, or with one channel, are grey", "[supernet][data]") {
  const TemporaryFolder root;
  write_numpy(root);
  for (const char* name : {"test_images.npy", "test_labels.npy"}) fs::remove(root / name);
  for (const char* shape : {"20, 8, 8", "20, 8, 8, 1"}) {
    write_bytes(root / "train_images.npy", npy(header_of("|u1", shape), pictures_of(0, 20, 8, 8, 1)));
    const DataSplits splits = load_data(numpy(root));
    CHECK(splits.train.channels == 1);
    CHECK(splits.test.count() == 4);  // a fifth of each class of ten
    Labelled all = learned(splits);
    all.merge(contents(splits.test));
    CHECK(all == expected(0, 20, 1));
  }
}

TEST_CASE("labels of every integer type, and in a column, are the same", "[supernet][data]") {
  const TemporaryFolder root;
  write_numpy(root);
  for (const char* dtype : {"|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8"}) {
    for (const char* shape : {"20,", "20, 1"}) {
      INFO(dtype << " (" << shape << ")");
      write_bytes(root / "train_labels.npy", npy(header_of(dtype, shape), labels_of(20, dtype[2] - '0')));
      CHECK(learned(load_data(numpy(root))) == expected(0, 20, 3));
    }
  }
}

TEST_CASE("headers of version 2, with keys in another order, packed: the same array", "[supernet][data]") {
  const TemporaryFolder root;
  write_numpy(root);
  const Bytes pixels = pictures_of(0, 20, 8, 8, 3);
  const std::string header = "{\"shape\":(20L, 8, 8, 3), \"fortran_order\": False,\"descr\": \"|u1\"}";
  for (int version : {1, 2, 3}) {
    write_bytes(root / "train_images.npy", npy(header, pixels, version));
    CHECK(learned(load_data(numpy(root))) == expected(0, 20, 3));
  }
  write_bytes(root / "train_images.npy", gzipped(npy(header, pixels)));
  CHECK(learned(load_data(numpy(root))) == expected(0, 20, 3));
}

TEST_CASE("arrays that are no pictures or labels are refused with the rule", "[supernet][data]") {
  const TemporaryFolder root;
  write_numpy(root);
  const DataConfig config = numpy(root);
  const auto refused_images = [&](const Bytes& file) {
    write_bytes(root / "train_images.npy", file);
    const std::string text = issues_of(config);
    CHECK_THAT(text, Contains("data.path = " + (root / "train_images.npy").string()));
    return text;
  };
  const auto refused_labels = [&](const Bytes& file) {
    write_bytes(root / "train_labels.npy", file);
    const std::string text = issues_of(config);
    CHECK_THAT(text, Contains("data.path = " + (root / "train_labels.npy").string()));
    return text;
  };
  const Bytes pixels = pictures_of(0, 20, 8, 8, 3);
  SECTION("floats") {
    CHECK_THAT(
        refused_images(npy(header_of("<f4", "20, 8, 8, 3"), Bytes(pixels.size() * 4))),
        Contains("pictures must be uint8") && Contains("do not say what is white") && Contains("it has dtype '<f4'"));
  }
  SECTION("Fortran order") {
    CHECK_THAT(refused_images(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (20, 8, 8, 3), }", pixels)),
               Contains("must be in C order; it is in Fortran order"));
  }
  SECTION("channels first") {
    CHECK_THAT(refused_images(npy(header_of("|u1", "20, 3, 8, 8"), pixels)),
               Contains("with 1 or 3 channels last; they are [20,3,8,8]"));
  }
  SECTION("one picture") {
    CHECK_THAT(refused_images(npy(header_of("|u1", "8, 8"), Bytes(64))), Contains("they are [8,8]"));
  }
  SECTION("another file") {
    CHECK_THAT(refused_images(Bytes(100, 'x')), Contains("must be a NumPy array (.npy)"));
    CHECK_THAT(refused_images({}), Contains("must be a NumPy array (.npy)"));
  }
  SECTION("a version that is not known") {
    CHECK_THAT(refused_images(npy(header_of("|u1", "20, 8, 8, 3"), pixels, 4)), Contains("it is of version 4"));
  }
  SECTION("a file that ends early, in the elements and in the header") {
    Bytes file = npy(header_of("|u1", "20, 8, 8, 3"), pixels);  // 128 bytes of header, 3840 of pixels
    file.resize(3000);
    CHECK_THAT(refused_images(file),
               Contains("must have 3968 bytes, as its shape [20,8,8,3] of '|u1' says; it has 3000"));
    file.resize(50);
    CHECK_THAT(refused_images(file), Contains("must have a header of 118 bytes, as it says; the file ends at byte 50"));
  }
  SECTION("headers that are none") {
    for (const char* header : {"", "{", "{'descr': '|u1'}", "{'descr': |u1, 'fortran_order': False, 'shape': (1,)}",
                               "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}",
                               "{'descr': '|u1', 'fortran_order': False, "
                               "'shape': (20 8)}",
                               "{'descr': '|u1', 'fortran_order': Maybe, 'shape': (1,)}", "{'descr': '|u1"})
      CHECK_THAT(refused_images(npy(header, pixels)), Contains("must have a header with descr"));
    CHECK_THAT(refused_images(npy("{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (20,)}", pixels)),
               Contains("it has fields"));
  }
  SECTION("sizes whose product does not fit") {
    CHECK_THAT(refused_images(npy(header_of("|u1", "4294967296, 4294967296, 2"), pixels)), Contains("is too large"));
  }
  SECTION("big-endian and floating labels") {
    CHECK_THAT(refused_labels(npy(header_of(">i4", "20,"), Bytes(80))),
               Contains("labels must be little-endian integers; it has dtype '>i4'"));
    CHECK_THAT(refused_labels(npy(header_of("<f8", "20,"), Bytes(160))), Contains("it has dtype '<f8'"));
  }
  SECTION("one-hot labels") {
    CHECK_THAT(refused_labels(npy(header_of("|u1", "20, 2"), Bytes(40))), Contains("must be [N] or [N,1]"));
  }
  SECTION("a negative label") {
    Bytes labels = labels_of(20, 1);
    labels[7] = 255;
    CHECK_THAT(refused_labels(npy(header_of("|i1", "20,"), labels)), Contains("not negative; label 7 is -1"));
  }
  SECTION("fewer labels than pictures") {
    CHECK_THAT(refused_labels(npy(header_of("|u1", "19,"), labels_of(19, 1))),
               Contains("each of the 20 pictures of train_images.npy; it holds 19"));
  }
  SECTION("no labels") {
    fs::remove(root / "train_labels.npy");
    CHECK_THAT(issues_of(config), Contains("train_labels.npy") && Contains("the file is missing"));
  }
  SECTION("test pictures without labels") {
    fs::remove(root / "test_labels.npy");
    CHECK_THAT(issues_of(config), Contains("test_labels.npy") && Contains("the file is missing"));
  }
  SECTION("grey test pictures") {
    write_bytes(root / "test_images.npy", npy(header_of("|u1", "10, 8, 8"), pictures_of(20, 10, 8, 8, 1)));
    CHECK_THAT(issues_of(config), Contains("must have the same channels; they have 3 and 1"));
  }
}
