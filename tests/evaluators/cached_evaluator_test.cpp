#include "evaluators/cached_evaluator.hpp"

#include <filesystem>

#include "evaluators/macs_evaluator.hpp"
#include "graph/base/error.hpp"
#include "tests/catch.hpp"
#include "tests/evaluators/temporary_database.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

namespace {

/// Counts its calls; says that subnets of 24 pixels are rejected, and loses its wits after `lives` candidates.
class Counting final : public Evaluator {
 public:
  explicit Counting(int lives = 1000) : lives_(lives) {}
  std::string_view name() const override { return "counting"; }
  void evaluate(std::span<Candidate> candidates) override {
    for (Candidate& candidate : candidates) {
      if (lives_-- == 0) throw Error("out of wits");
      ++calls;
      candidate.metrics["answer"] = {0.1 + calls, Provenance::kMeasured};
      if (candidate.subnet.resolution == 24) candidate.rejected = "too large";
    }
  }

  int calls = 0;

 private:
  int lives_;
};

std::vector<Candidate> two_candidates() {
  const SearchSpace space = test::tiny_space();
  return {{smallest(space), {}, {}}, {largest(space), {}, {}}};
}

}  // namespace

TEST_CASE("what was evaluated once is looked up, bit for bit, with provenance and rejection", "[evaluators][cache]") {
  const test::TemporaryDatabase file("cached_evaluator");
  Counting counting;
  auto first = two_candidates(), second = two_candidates();
  {
    EvaluationStore store(file.path());
    CachedEvaluator(counting, store, "v1").evaluate(first);
  }
  EvaluationStore store(file.path());
  CachedEvaluator(counting, store, "v1").evaluate(second);
  CHECK(counting.calls == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(second[i].value("answer") == first[i].value("answer"));
    CHECK(second[i].metrics.at("answer").provenance == Provenance::kMeasured);
    CHECK(second[i].rejected == first[i].rejected);
  }
  CHECK(second[1].rejected == "too large");
}

TEST_CASE("another key is another question", "[evaluators][cache]") {
  const test::TemporaryDatabase file("cached_evaluator");
  EvaluationStore store(file.path());
  Counting counting;
  auto candidates = two_candidates(), again = two_candidates();
  CachedEvaluator(counting, store, "checkpoint 1").evaluate(candidates);
  CachedEvaluator(counting, store, "checkpoint 2").evaluate(again);
  CHECK(counting.calls == 4);
}

TEST_CASE("what was found before a failure is kept", "[evaluators][cache]") {
  const test::TemporaryDatabase file("cached_evaluator");
  EvaluationStore store(file.path());
  Counting failing(1);
  auto candidates = two_candidates();
  CachedEvaluator cached(failing, store, "v1");
  CHECK_THROWS_AS(cached.evaluate(candidates), Error);
  auto again = two_candidates();
  CHECK(store.find("counting@v1", again[0]));
  CHECK_FALSE(store.find("counting@v1", again[1]));
}

TEST_CASE("a rejected candidate is neither evaluated nor stored", "[evaluators][cache]") {
  const test::TemporaryDatabase file("cached_evaluator");
  EvaluationStore store(file.path());
  Counting counting;
  auto candidates = two_candidates();
  candidates[0].rejected = candidates[1].rejected = "flash";
  CachedEvaluator(counting, store, "v1").evaluate(candidates);
  CHECK(counting.calls == 0);
}

TEST_CASE("a store that cannot be opened is an error that names the file", "[evaluators][cache]") {
  CHECK_THROWS_WITH(EvaluationStore("/nowhere/run.sqlite"), Catch::Contains("/nowhere/run.sqlite"));
}
