#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "search/space/evaluator.hpp"

namespace thimble {

/// What evaluators found, kept in SQLite (table `evaluations` of run.sqlite): nothing is evaluated twice, and an
/// interrupted search is resumed by asking again.
class EvaluationStore {
 public:
  /// Opens or makes the table. @error Error  names the file and the cause
  explicit EvaluationStore(const std::filesystem::path& database);
  ~EvaluationStore();
  EvaluationStore(const EvaluationStore&) = delete;
  EvaluationStore& operator=(const EvaluationStore&) = delete;

  /// Fills in metrics and rejection if this evaluator has seen the subnet; false if not.
  bool find(const std::string& evaluator, Candidate& candidate) const;
  /// Stores what `after` has beyond `before`.
  void put(const std::string& evaluator, const Candidate& before, const Candidate& after);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// An evaluator whose answers are looked up first and stored at once, one by one.
class CachedEvaluator final : public Evaluator {
 public:
  /// `key` names everything besides the subnet that the answer depends on (a checkpoint, a data set).
  CachedEvaluator(Evaluator& inner, EvaluationStore& store, std::string key);
  std::string_view name() const override { return inner_.name(); }
  void evaluate(std::span<Candidate> candidates) override;

 private:
  Evaluator& inner_;
  EvaluationStore& store_;
  std::string key_;
};

}  // namespace thimble
