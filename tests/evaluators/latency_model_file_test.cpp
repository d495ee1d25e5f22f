#include "evaluators/latency_model_file.hpp"

#include <nlohmann/json.hpp>

#include "evaluators/subnet_planner.hpp"
#include "graph/base/files.hpp"
#include "tests/catch.hpp"
#include "tests/evaluators/changed_model_file.hpp"
#include "tests/evaluators/fake_times.hpp"
#include "tests/evaluators/inventory.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;
using nlohmann::json;

namespace {

std::vector<ProbedPlan> some_plans(int count, std::uint64_t seed) {
  const SubnetPlanner planner(test::tiny_space(), test::made_up_inventory());
  test::FakeTimes board;
  std::vector<ProbedPlan> probed;
  for (int i = 0; i < count; ++i) {
    Rng rng({seed, static_cast<std::uint64_t>(i)});
    const auto planned = planner.plan(sample(planner.space(), rng));
    const ProbePlan plan = probe_plan(planned->plan, planned->graph);
    probed.push_back({plan, *board.run(plan, {})});
  }
  return probed;
}

LatencyModelFile some_model() {
  const auto probed = some_plans(12, 1);
  LatencyModelOrigin origin = origin_of(probed, test::FakeTimes());
  origin.space = "tiny";
  origin.mode = "speed";
  origin.seed = 1;
  origin.validation = cross_validate(probed);
  return {origin, LatencyModel::fit(probed)};
}

/// The message for the document once it is changed.
template <class Change>
std::string message_for(const Change& change) {
  return test::message_of_changed(to_text(some_model()), change,
                                  [](const std::string& text) { latency_model_from_text(text, "m.json"); });
}

}  // namespace

TEST_CASE("a latency model is the same after it was written and read", "[evaluators][latency_model_file]") {
  const LatencyModelFile file = some_model();
  const TemporaryFolder folder;
  save_latency_model(folder.path() / "m.json", file);
  const LatencyModelFile read = load_latency_model(folder.path() / "m.json");
  CHECK(read.origin.networks == 12);
  CHECK(read.origin.firmware_hash == "f00d");
  CHECK(read.origin.kernel_library_version == "0000abcd");
  CHECK(read.origin.provenance == Provenance::kModelled);
  CHECK(read.origin.validation.median == Approx(file.origin.validation.median));
  CHECK(read.model.parameters() == file.model.parameters());
  CHECK(to_text(read) == read_file(folder.path() / "m.json"));
  CHECK(is_latency_model(folder.path() / "m.json"));
  write_file(folder.path() / "other.json", "{\"format\": 3}");
  CHECK_FALSE(is_latency_model(folder.path() / "other.json"));
  for (const ProbedPlan& unseen : some_plans(5, 2))
    CHECK(read.model.predict(unseen.plan) == file.model.predict(unseen.plan));
}

TEST_CASE("a latency model's file names its board, firmware, training and error", "[evaluators][latency_model_file]") {
  const LatencyModelFile file = some_model();
  const json document = json::parse(to_text(file));
  CHECK(document["schema_version"] == kLatencyModelSchema);
  CHECK(document["board"]["name"] == "fake");
  CHECK(document["board"]["clock_hz"] == 100e6);
  CHECK(document["provenance"] == "modelled");
  CHECK(document["training"]["networks"] == 12);
  CHECK(document["cross_validation"]["networks"] == 12);
  CHECK(document["cross_validation"]["mean_error_percent"] == Approx(100 * file.origin.validation.mean));
  CHECK(document["layers"].size() == file.model.parameters().table.size());
  CHECK(document["layers"][0].size() == document["layer_columns"].size());
}

TEST_CASE("a file that is no latency model of this version is refused by file, key and rule",
          "[evaluators][latency_model_file]") {
  CHECK(message_for([](json&) {}) == "no problem");
  const auto check = [](const std::string& key, const std::string& rule, const auto& change) {
    CHECK_THAT(message_for(change), Catch::StartsWith("m.json: ") && Catch::Contains(key) && Catch::Contains(rule));
  };
  check("format", "another kind", [](json& d) { d["format"] = "recipe"; });
  check("schema_version = 0", "must be 1", [](json& d) { d["schema_version"] = 0; });
  check("schema_version = 99", "thimble latency-model", [](json& d) { d["schema_version"] = 99; });
  check("board.clock_hz", "is missing", [](json& d) { d["board"].erase("clock_hz"); });
  check("board.clock_hz = -1", "must be above 0", [](json& d) { d["board"]["clock_hz"] = -1; });
  check("firmware_hash = 3", "must be text", [](json& d) { d["firmware_hash"] = 3; });
  check("training.networks = -3", "whole number", [](json& d) { d["training"]["networks"] = -3; });
  check("provenance", "measured", [](json& d) { d["provenance"] = "guessed"; });
  check("kernels.pointwise", "list of", [](json& d) { d["kernels"]["pointwise"].erase(0); });
  check("kernels.any", "is missing", [](json& d) { d["kernels"].erase("any"); });
  check("layers", "must be a list of rows", [](json& d) { d["layers"] = json::array(); });
  check("layers[3]", "kernel", [](json& d) { d["layers"][3][0] = "matmul"; });
  check("layers[3]", "shape", [](json& d) { d["layers"][3][2] = 70000; });
  check("layers[3]", "list of", [](json& d) { d["layers"][3][2] = "two"; });
  const std::string both = message_for([](json& d) { d.erase("compiler"), d.erase("git_hash"); });
  CHECK_THAT(both,
             Catch::StartsWith("m.json: 2 problems") && Catch::Contains("compiler") && Catch::Contains("git_hash"));
}

TEST_CASE("a damaged file is refused wherever the damage is", "[evaluators][latency_model_file]") {
  const std::string text = to_text(some_model());
  const auto refused = [](const std::string& damaged) {
    try {
      latency_model_from_text(damaged, "m.json");
    } catch (const ConfigError&) {
      return true;
    }
    return false;
  };
  Rng rng({4});
  for (int i = 0; i < 100; ++i) {
    std::string damaged = text;
    const std::size_t at = rng.below(damaged.size() - 2);
    CAPTURE(i, at);
    damaged[at] = damaged[at] == '7' ? '8' : '7';
    CHECK(refused(damaged));
    CHECK(refused(text.substr(0, at)));
  }
  CHECK_THROWS_WITH(load_latency_model("no/such.json"), Catch::Contains("no/such.json"));
}

TEST_CASE("a model of another board, clock, mode or firmware is told apart", "[evaluators][latency_model_file]") {
  LatencyModelOrigin origin = some_model().origin;
  const test::FakeTimes board;
  CHECK(mismatches(origin, "m.json", board, "speed").empty());
  SECTION("firmware") {
    const auto issues = mismatches(origin, "m.json", test::FakeTimes("beef"), "speed");
    REQUIRE(issues.size() == 1);
    CHECK(issues[0].key == "firmware_hash");
    CHECK(issues[0].value == "f00d");
    CHECK_THAT(issues[0].rule, Catch::StartsWith("must be beef"));
  }
  SECTION("clock") {
    origin.clock_hz = 50e6;
    const auto issues = mismatches(origin, "m.json", board, "speed");
    REQUIRE(issues.size() == 1);
    CHECK(issues[0].key == "board.clock_hz");
    CHECK_THAT(issues[0].rule, Catch::StartsWith("must be 100000000"));
  }
  SECTION("board and mode, both at once") {
    origin.board = "other";
    const auto issues = mismatches(origin, "m.json", board, "size");
    REQUIRE(issues.size() == 2);
    CHECK(issues[0].key == "board.name");
    CHECK_THAT(issues[0].rule, Catch::StartsWith("must be fake"));
    CHECK(issues[1].key == "training.mode");
  }
}
