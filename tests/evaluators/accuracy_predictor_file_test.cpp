#include "evaluators/accuracy_predictor_file.hpp"

#include <nlohmann/json.hpp>

#include "graph/base/files.hpp"
#include "tests/catch.hpp"
#include "tests/evaluators/changed_model_file.hpp"
#include "tests/evaluators/made_up_accuracy.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;
using nlohmann::json;

namespace {

AccuracyPredictorFile some_file(const std::string& model) {
  const SearchSpace space = test::tiny_space();
  const auto pairs = test::made_up_pairs(space, 40);
  PredictorOrigin origin;
  origin.supernet = "5eed", origin.training_data = "7a", origin.scoring_data = "5c", origin.recalibration = "8x64";
  origin.scoring_pictures = 1000, origin.training_pairs = 40;
  origin.scores = {{model, {0.9, 0.95, 0.01, 0.02, 40}, {0.8, 0.85, 0.02, 0.03, 10}}};
  origin.noise = {0.7, 0.85};
  origin.not_to_be_trusted = {"too few"};
  return {origin, AccuracyPredictor::fit(space, pairs, model, 1)};
}

/// The message for the document once it is changed.
template <class Change>
std::string message_for(const Change& change) {
  static const std::string original = to_text(some_file("ridge"));
  return test::message_of_changed(original, change,
                                  [](const std::string& text) { accuracy_predictor_from_text(text, "p.json"); });
}

bool says(const std::string& message, const std::string& what) { return message.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("a predictor is the same after it was written and read", "[evaluators][accuracy_predictor_file]") {
  const TemporaryFolder folder;
  for (const std::string& model : AccuracyPredictor::models()) {
    INFO(model);
    const AccuracyPredictorFile file = some_file(model);
    save_accuracy_predictor(folder.path() / "p.json", file);
    const AccuracyPredictorFile read = load_accuracy_predictor(folder.path() / "p.json");
    CHECK(read.origin == file.origin);
    CHECK(read.predictor.model_name() == model);
    CHECK(read.score().held_out.kendall_tau == 0.8);
    CHECK(to_text(read) == read_file(folder.path() / "p.json"));
    for (const Subnet& subnet : stratified_subnets(test::tiny_space(), 20, 5))
      CHECK(*read.predictor.predict(subnet) == *file.predictor.predict(subnet));
  }
  CHECK(is_accuracy_predictor(folder.path() / "p.json"));
  write_file(folder.path() / "other.json", "{\"format\": 3}");
  CHECK_FALSE(is_accuracy_predictor(folder.path() / "other.json"));
}

TEST_CASE("a predictor's file that is damaged or of another kind is refused", "[evaluators][accuracy_predictor_file]") {
  CHECK(message_for([](json&) {}) == "no problem");
  CHECK(says(message_for([](json& d) { d["format"] = "thimble latency model"; }), "a file of another kind"));
  CHECK(says(message_for([](json& d) { d["schema_version"] = 2; }), "must be 1, which this version reads"));
  CHECK(says(message_for([](json& d) { d.erase("supernet_fingerprint"); }), "supernet_fingerprint"));
  CHECK(says(message_for([](json& d) { d["training_pairs"] = -1; }), "must be a whole number >= 0"));
  CHECK(says(message_for([](json& d) { d["model"] = "oracle"; }), "must be mlp, kernel_ridge or ridge"));
  CHECK(says(message_for([](json& d) { d["parameters"]["coefficients"].erase(0); }), "values per row"));
  CHECK(says(message_for([](json& d) { d["parameters"]["mean"] = "high"; }), "must be a number"));
  CHECK(says(message_for([](json& d) { d["space"]["resolutions"] = {16}; }), "this version's encoding"));
  CHECK(says(message_for([](json& d) { d["seen"].erase(0); }), "one per column"));
  CHECK(says(message_for([](json& d) { d["scores"] = json::array(); }), "must have the model's own"));

  const std::string text = to_text(some_file("ridge"));
  const auto message_of = [](const std::string& changed) {
    try {
      accuracy_predictor_from_text(changed, "p.json");
    } catch (const ConfigError& e) {
      return std::string(e.what());
    }
    return std::string("no problem");
  };
  CHECK(says(message_of(text.substr(0, text.size() / 2)), "is no JSON, or not all of it"));
  CHECK(says(message_of("[]"), "a file of another kind"));
  std::string edited = text;
  edited.replace(edited.find("\"5eed\""), 6, "\"beef\"");
  CHECK(says(message_of(edited), "the file was changed since it was written"));
  CHECK_THROWS_WITH(load_accuracy_predictor("/nonexistent/p.json"), Catch::Contains("cannot be read"));
}

TEST_CASE("a predictor of other weights, pictures or another space is refused",
          "[evaluators][accuracy_predictor_file]") {
  const AccuracyPredictorFile file = some_file("ridge");
  const SearchSpace space = test::tiny_space();
  CHECK(mismatches(file, "p.json", space, file.origin).empty());
  PredictorOrigin wanted = file.origin;
  wanted.supernet = "other";
  const auto issues = mismatches(file, "p.json", space, wanted);
  REQUIRE(issues.size() == 1);
  CHECK(issues[0].key == "supernet_fingerprint");
  CHECK(says(issues[0].rule, "thimble predictor"));
  SearchSpace smaller = space;
  smaller.resolutions = {16};
  wanted.recalibration = "2x16", wanted.scoring_data = "5d";
  CHECK(mismatches(file, "p.json", smaller, wanted).size() == 4);
}
