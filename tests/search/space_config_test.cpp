#include <cmath>

#include "graph/base/error.hpp"
#include "search/space/space.hpp"
#include "tests/catch.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

namespace {

const char* const kGood = R"(name: two
classes: 10
resolutions: [16, 24]
width_multipliers: [0.5, 1.0]
stem_base_width: 16
first_block_base_width: 8
stages:
  - {base_width: 16, stride: 2, depths: [1, 2], kernel_sizes: [3, 5, 7], expansion_ratios: [2, 3, 4]}
  - {base_width: 24, depths: [1, 2], kernel_sizes: [3, 5], expansion_ratios: [3, 4]}
)";

/// The message of reading kGood with one piece replaced.
std::string message_with(std::string piece, const std::string& replacement) {
  std::string text = kGood;
  text.replace(text.find(piece), piece.size(), replacement);
  try {
    ConfigFile file = ConfigFile::parse(text, "s.yaml");
    read_space(file.root());
    file.finish();
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a space file is read as written", "[search][space]") {
  ConfigFile file = ConfigFile::parse(kGood, "s.yaml");
  const SearchSpace space = read_space(file.root());
  file.finish();
  CHECK(space.name == "two");
  CHECK(space.classes == 10);
  CHECK(space.resolutions == std::vector<int>{16, 24});
  CHECK(space.width_multipliers == std::vector<double>{0.5, 1.0});
  REQUIRE(space.stages.size() == 2);
  CHECK(space.stages[0].stride == 2);
  CHECK(space.stages[1].stride == 1);
  CHECK(space.stages[0].kernel_sizes == std::vector<int>{3, 5, 7});
  CHECK(space.block_count() == 4);
}

TEST_CASE("problems of a space file name the place and the rule", "[search][space]") {
  CHECK_THAT(message_with("[16, 24]", "[24, 16]"),
             Catch::Contains("3:14  resolutions = [...]") && Catch::Contains("must be ascending, without repeats"));
  for (const char* size : {"4", "9", "11"})  // even, or without training kernels
    CHECK_THAT(message_with("[3, 5, 7]", std::string("[3, ") + size + "]"),
               Catch::Contains("8:63  stages[0].kernel_sizes = [...]") &&
                   Catch::Contains(std::string("must be 3, 5 or 7, not ") + size));
  CHECK_THAT(message_with("stride: 2", "stride: 3"),
             Catch::Contains("stages[0].stride = 3") && Catch::Contains("[1, 2]"));
  CHECK_THAT(message_with("[2, 3, 4]", "[1, 2]"), Catch::Contains("stages[0].expansion_ratios"));
  CHECK_THAT(message_with("[0.5, 1.0]", "[0.9, 1.0]"), Catch::Contains("must differ in channels"));
  CHECK_THAT(message_with("classes: 10", "clases: 10"), Catch::Contains("did you mean classes?"));
  CHECK_THAT(message_with("resolutions: [16, 24]\n", ""), Catch::Contains("resolutions"));
}

TEST_CASE("all problems of a space file come at once", "[search][space]") {
  const std::string text = "resolutions: [4]\nwidth_multipliers: [1, 0.5]\nstages: []\n";
  ConfigFile file = ConfigFile::parse(text, "s.yaml");
  read_space(file.root());
  try {
    file.finish();
    FAIL("no error");
  } catch (const ConfigError& e) {
    CHECK(e.issues().size() == 3);
  }
}

TEST_CASE("the spaces that are shipped are sound", "[search][space]") {
  for (const char* name : {"mcunet", "demo", "cifar10"}) {
    const SearchSpace space = load_space(std::string(THIMBLE_SOURCE_DIR "/configs/spaces/") + name + ".yaml");
    CHECK(space.name == name);
  }
}

TEST_CASE("channels are multiples of 8 that lose at most a tenth", "[search][space]") {
  CHECK(scaled_width(32, 1.0) == 32);
  CHECK(scaled_width(24, 0.5) == 16);  // 12 lies between 8 and 16; ties go up
  CHECK(scaled_width(16, 0.6) == 16);  // 9.6: 8 would lose more than 10 %
  CHECK(scaled_width(96, 0.6) == 56);  // 57.6
  CHECK(scaled_width(8, 0.2) == 8);
}

TEST_CASE("the number of subnets is counted", "[search][space]") {
  CHECK(log10_size(test::tiny_space()) == Approx(std::log10(2 * 2 * (9 + 81) * (4 + 16))));
  const SearchSpace mcunet = load_space(THIMBLE_SOURCE_DIR "/configs/spaces/mcunet.yaml");
  // five elastic stages of 9^2 + 9^3 + 9^4 = 7371, the last one of 9, 108 resolutions and widths
  CHECK(log10_size(mcunet) == Approx(5 * std::log10(7371) + std::log10(9) + std::log10(108)));
}
