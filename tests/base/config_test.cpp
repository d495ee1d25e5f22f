#include "graph/base/config.hpp"

#include "graph/base/config_difference.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

std::string issues_of(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  try {
    ConfigFile file = ConfigFile::parse(yaml, "job.yaml", overrides);
    ConfigMap target = file.root().map("target", true);
    double sram_kb = 320;
    std::string board;
    target.read("sram_kb", sram_kb, Range{.above = 0});
    target.read_choice("board", board, {"virtual-m4", "host"});
    std::vector<int> sizes{1};
    file.root().map("search").read("population_size", sizes, Range{.least = 1, .most = 1000});
    file.finish();
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("all problems of a file are reported at once, with place, value and rule", "[base][config]") {
  CHECK(issues_of("target:\n"
                  "  sram_kb: -320\n"
                  "  board: virtual-m5\n"
                  "search:\n"
                  "  poplation_size: [4]\n") ==
        "job.yaml: 3 problems\n"
        "  2:12  target.sram_kb = -320      must be > 0\n"
        "  3:10  target.board = virtual-m5  must be one of virtual-m4 host; did you mean virtual-m4?\n"
        "  5:3   search.poplation_size      unknown key; did you mean population_size?");
}

TEST_CASE("a sound file has no problems and absent keys keep their defaults", "[base][config]") {
  CHECK(issues_of("target: {sram_kb: 64, board: host}\nsearch: {population_size: [1, 2]}\n") == "");
}

TEST_CASE("a missing mapping is named", "[base][config]") {
  CHECK(issues_of("search: {population_size: [1]}\n") == "job.yaml: 1 problem\n  1:1  target  is missing");
}

TEST_CASE("wrong kinds are named", "[base][config]") {
  CHECK_THAT(issues_of("target: {sram_kb: many}\n"), Catch::Contains("must be a number"));
  CHECK_THAT(issues_of("target: {sram_kb: .nan}\n"), Catch::Contains("must be > 0"));
  CHECK_THAT(issues_of("target: [1]\n"), Catch::Contains("must be a mapping"));
  CHECK_THAT(issues_of("target: {sram_kb: 1}\nsearch: {population_size: []}\n"), Catch::Contains("at least one value"));
}

TEST_CASE("what is not YAML is named with its place", "[base][config]") {
  CHECK_THAT(issues_of("target: {sram_kb: 1\nsearch: ]\n"), Catch::StartsWith("job.yaml: 1 problem\n  "));
  CHECK_THAT(issues_of("- a\n"), Catch::Contains("must be a mapping of keys to values"));
  CHECK_THAT(issues_of("target: {}\n", {"novalue"}), Catch::Contains("must be of the form a.b=c"));
}

TEST_CASE("an override is laid over the file and shows in its text", "[base][config]") {
  ConfigFile file =
      ConfigFile::parse("search: {population_size: 10}\n", "job.yaml", {"search.population_size=4", "seed=7"});
  int size = 0, seed = 0;
  file.root().map("search").read("population_size", size);
  file.root().read("seed", seed);
  file.finish();
  CHECK(size == 4);
  CHECK(seed == 7);
  CHECK_THAT(file.to_yaml(), Catch::Contains("population_size: 4"));
}

TEST_CASE("what is wrong with a setting is placed in the setting, not in the file", "[base][config]") {
  const std::string file = "target: {board: host}\n";
  CHECK(issues_of(file, {"target.sram_kb=-5"}) ==
        "--set target.sram_kb=-5: 1 problem\n  target.sram_kb = -5  must be > 0");
  CHECK(issues_of(file, {"search.population_size=[0]"}) ==
        "--set search.population_size=[0]: 1 problem\n  search.population_size = 0  must be in [1, 1000]");
  CHECK(issues_of(file, {"search.poplation_size=[4]"}) ==
        "--set search.poplation_size=[4]: 1 problem\n"
        "  search.poplation_size  unknown key; did you mean population_size?");
  CHECK(issues_of(file, {"search={poplation_size: [4]}", "target.board=virtual-m5"}) ==
        "--set target.board=virtual-m5: 1 problem\n"
        "  target.board = virtual-m5  must be one of virtual-m4 host; did you mean virtual-m4?\n"
        "--set search={poplation_size: [4]}: 1 problem\n"
        "  search.poplation_size      unknown key; did you mean population_size?");
  CHECK(issues_of("target: {sram_kb: -1}\n", {"target.sram_k=2"}) ==
        "--set target.sram_k=2: 1 problem\n"
        "        target.sram_k        unknown key; did you mean sram_kb?\n"
        "job.yaml: 1 problem\n"
        "  1:19  target.sram_kb = -1  must be > 0");
}

TEST_CASE("defaults that stay in force show in the text", "[base][config]") {
  ConfigFile file = ConfigFile::parse("a: {b: 1}\n", "job.yaml");
  double rate = 0.1;
  std::vector<int> sizes{8, 16};
  file.root().map("a").read("rate", rate);
  file.root().map("c").read("sizes", sizes);
  int b = 0;
  file.root().map("a").read("b", b);
  file.finish();
  CHECK(file.to_yaml() == "a: {b: 1, rate: 0.1}\nc:\n  sizes: [8, 16]\n");
}

TEST_CASE("a file that cannot be read is a configuration error", "[base][config]") {
  CHECK_THROWS_AS(ConfigFile::load("/nonexistent/job.yaml"), ConfigError);
  CHECK_THROWS_AS(ConfigFile::load("/tmp"), ConfigError);
}

TEST_CASE("keys whose values differ are named, remarks and layout are not", "[base][config]") {
  const std::string before = "a: 1\nb: {c: [1, 2], d: x}\nlist:\n  - {e: 1}\n  - {e: 2}\n";
  CHECK(config_differences(before, "# remark\nb:\n  d: x\n  c: [1,2]\na: 1\nlist: [{e: 1}, {e: 2}]\n").empty());
  const auto found = config_differences(before, "b: {c: [1], d: x, f: {g: 1}}\nlist: [{e: 1}, {e: 3}]\n");
  REQUIRE(found.size() == 4);
  CHECK((found[0].key == "a" && found[0].before == "1" && found[0].after.empty()));
  CHECK((found[1].key == "b.c" && found[1].before == "[1, 2]" && found[1].after == "[1]"));
  CHECK((found[2].key == "b.f" && found[2].before.empty() && found[2].after == "{g: 1}"));
  CHECK((found[3].key == "list[1].e" && found[3].before == "2" && found[3].after == "3"));
  CHECK_THROWS_AS(config_differences("a: [", ""), Error);
}
