#include "profiler/farm/history.hpp"

#include "profiler/farm/schema.hpp"

namespace thimble {

struct FarmHistory::Impl {
  SharedDatabase database;
};

FarmHistory::FarmHistory(const std::filesystem::path& file) : impl_(std::make_unique<Impl>(open_farm(file))) {}
FarmHistory::~FarmHistory() = default;

void FarmHistory::note_event(const std::string& board, const std::string& text) {
  impl_->database.use([&](SQLite::Database& database) {
    SQLite::Statement insert(database, "INSERT INTO events (board, text) VALUES (?, ?)");
    insert.bind(1, board);
    insert.bind(2, text);
    insert.exec();
  });
}

std::vector<FarmEvent> FarmHistory::events() const {
  return impl_->database.use([](SQLite::Database& database) {
    std::vector<FarmEvent> events;
    SQLite::Statement row(database, "SELECT at, board, text FROM events ORDER BY id");
    while (row.executeStep())
      events.push_back({row.getColumn(0).getDouble(), row.getColumn(1).getString(), row.getColumn(2).getString()});
    return events;
  });
}

std::vector<FarmEvent> FarmHistory::measurements_over_time() const {
  return impl_->database.use([](SQLite::Database& database) {
    std::vector<FarmEvent> moments;
    SQLite::Statement row(database,
                          "SELECT attempts.at, attempts.board, tasks.candidate FROM attempts "
                          "JOIN tasks ON tasks.id = attempts.task WHERE outcome = 'measured' ORDER BY attempts.id");
    while (row.executeStep())
      moments.push_back({row.getColumn(0).getDouble(), row.getColumn(1).getString(), row.getColumn(2).getString()});
    return moments;
  });
}

std::int64_t FarmHistory::discarded_shards() const {
  return impl_->database.use([](SQLite::Database& database) -> std::int64_t {
    return database.execAndGet("SELECT count(*) FROM shards WHERE state = 'discarded'").getInt64();
  });
}

std::int64_t FarmHistory::discarded_measurements() const {
  return impl_->database.use([](SQLite::Database& database) -> std::int64_t {
    return database.execAndGet("SELECT count(*) FROM attempts WHERE outcome = 'discarded'").getInt64();
  });
}

std::int64_t FarmHistory::measured_twice() const {
  return impl_->database.use([](SQLite::Database& database) -> std::int64_t {
    return database
        .execAndGet(
            "SELECT count(*) FROM (SELECT key FROM attempts WHERE outcome IN ('measured', 'again') "
            "GROUP BY key HAVING count(*) > 1)")
        .getInt64();
  });
}

}  // namespace thimble
