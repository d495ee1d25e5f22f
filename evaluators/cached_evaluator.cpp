#include "evaluators/cached_evaluator.hpp"

#include "profiler/database.hpp"

namespace thimble {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS evaluations(evaluator TEXT, subnet TEXT, metric TEXT, value REAL, provenance TEXT,"
    " rejected TEXT, PRIMARY KEY(evaluator, subnet, metric)) WITHOUT ROWID";

}  // namespace

struct EvaluationStore::Impl {
  SharedDatabase database;
};

EvaluationStore::EvaluationStore(const std::filesystem::path& database)
    : impl_(std::make_unique<Impl>(SharedDatabase(database, kSchema))) {}

EvaluationStore::~EvaluationStore() = default;

bool EvaluationStore::find(const std::string& evaluator, Candidate& candidate) const {
  return impl_->database.use([&](SQLite::Database& database) {
    SQLite::Statement query(
        database, "SELECT metric, value, provenance, rejected FROM evaluations WHERE evaluator=? AND subnet=?");
    query.bind(1, evaluator);
    query.bind(2, to_text(candidate.subnet));
    bool found = false;
    for (; query.executeStep(); found = true) {
      const std::string metric = query.getColumn(0).getString();
      if (!query.getColumn(3).isNull())
        candidate.rejected = query.getColumn(3).getString();
      else
        candidate.metrics[metric] = {query.getColumn(1).getDouble(),
                                     provenance_from_text(query.getColumn(2).getString())};
    }
    return found;
  });
}

void EvaluationStore::put(const std::string& evaluator, const Candidate& before, const Candidate& after) {
  impl_->database.use([&](SQLite::Database& database) {
    SQLite::Transaction transaction(database);
    SQLite::Statement insert(database, "INSERT OR REPLACE INTO evaluations VALUES(?,?,?,?,?,?)");
    const std::string subnet = to_text(after.subnet);
    const auto row = [&](const std::string& metric, const Metric& found, const std::string* rejected) {
      insert.reset();
      insert.clearBindings();
      insert.bind(1, evaluator);
      insert.bind(2, subnet);
      insert.bind(3, metric);
      insert.bind(4, found.value);
      insert.bind(5, to_text(found.provenance));
      if (rejected) insert.bind(6, *rejected);
      insert.exec();
    };
    for (const auto& [metric, found] : after.metrics)
      if (!before.metrics.count(metric)) row(metric, found, nullptr);
    if (after.rejected) row("", {}, &*after.rejected);
    transaction.commit();
  });
}

CachedEvaluator::CachedEvaluator(Evaluator& inner, EvaluationStore& store, std::string key)
    : inner_(inner), store_(store), key_(std::string(inner.name()) + "@" + std::move(key)) {}

void CachedEvaluator::evaluate(std::span<Candidate> candidates) {
  for (Candidate& candidate : candidates) {
    if (candidate.rejected || store_.find(key_, candidate)) continue;
    const Candidate before = candidate;
    inner_.evaluate({&candidate, 1});
    store_.put(key_, before, candidate);
  }
}

}  // namespace thimble
