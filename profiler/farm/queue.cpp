#include "profiler/farm/queue.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <map>

#include "profiler/farm/schema.hpp"

namespace thimble {
namespace {

constexpr int kBusyMilliseconds = 5000;

template <class... Values>
int execute(SQLite::Database& database, const char* sql, const Values&... values) {
  SQLite::Statement statement(database, sql);
  int column = 0;
  (statement.bind(++column, values), ...);
  return statement.exec();
}

/// Ends the lease, if it is still the task's own.
bool leave(SQLite::Database& database, const Lease& lease, const char* state, const std::string& code,
           const std::string& message) {
  return execute(database,
                 "UPDATE tasks SET state = ?, code = ?, message = ?, lease_until = 0 "
                 "WHERE id = ? AND epoch = ? AND state = 'leased'",
                 state, code, message, lease.task, lease.epoch) == 1;
}

void note(SQLite::Database& database, const Lease& lease, const char* outcome, const std::string& message) {
  execute(database, "INSERT INTO attempts (task, board, shard, outcome, message) VALUES (?, ?, ?, ?, ?)", lease.task,
          lease.board, lease.shard, outcome, message);
}

void note_measured(SQLite::Database& database, const Lease& lease, const char* outcome, const std::string& key,
                   bool counts) {
  if (counts) execute(database, "UPDATE tasks SET key = ? WHERE id = ?", key, lease.task);
  execute(database, "INSERT INTO attempts (task, board, shard, outcome, key) VALUES (?, ?, ?, ?, ?)", lease.task,
          lease.board, lease.shard, outcome, key);
}

int attempts_of(SQLite::Database& database, std::int64_t task, const char* outcome) {
  SQLite::Statement count(database, "SELECT count(*) FROM attempts WHERE task = ? AND outcome = ?");
  count.bind(1, task);
  count.bind(2, outcome);
  count.executeStep();
  return count.getColumn(0).getInt();
}

/// Takes everything back that was done in a shard.
int discard(SQLite::Database& database, std::int64_t shard, const std::string& why) {
  // Whoever leans on a measurement of this shard has none either.
  const std::string doubted = "key IN (SELECT key FROM attempts WHERE shard = ? AND outcome = 'measured')";
  execute(database,
          ("UPDATE tasks SET state = 'waiting', key = NULL, code = '', message = '' WHERE "
           "(shard = ? AND state IN ('measured', 'done', 'failed')) OR (state IN ('measured', 'done') AND " +
           doubted +
           ") OR (state = 'failed' AND id IN (SELECT task FROM attempts WHERE shard = ? AND outcome = 'refused'))")
              .c_str(),
          shard, shard, shard);
  execute(database, ("DELETE FROM measured_layers WHERE " + doubted).c_str(), shard);
  execute(database, ("DELETE FROM measurements WHERE " + doubted).c_str(), shard);
  execute(database, "UPDATE attempts SET outcome = 'discarded' WHERE shard = ? AND outcome = 'measured'", shard);
  execute(database, "UPDATE attempts SET outcome = 'earlier' WHERE shard = ? AND outcome IN ('failed', 'refused')",
          shard);
  return execute(database, "UPDATE shards SET state = 'discarded', note = ? WHERE id = ?", why, shard);
}

/// The first task that waits for the board: an untried one, else one that others have failed more than it has.
SQLite::Statement next_task(SQLite::Database& database, const std::string& board, const std::string& board_type,
                            int live) {
  SQLite::Statement untried(database,
                            "SELECT id, candidate, epoch FROM tasks "
                            "WHERE board_type = ? AND state = 'waiting' AND failures = 0 ORDER BY id LIMIT 1");
  untried.bind(1, board_type);
  if (untried.executeStep()) {
    untried.reset();
    return untried;
  }
  SQLite::Statement failed(
      database,
      "SELECT id, candidate, epoch FROM tasks WHERE board_type = ?1 AND state = 'waiting' AND failures > 0 AND "
      "(NOT EXISTS (SELECT 1 FROM attempts WHERE task = tasks.id AND board = ?2 AND outcome IN ('board', 'refused')) "
      "OR (SELECT count(DISTINCT board) FROM attempts WHERE task = tasks.id AND outcome IN ('board', 'refused')) >= "
      "?3) "
      "ORDER BY failures, id LIMIT 1");
  failed.bind(1, board_type);
  failed.bind(2, board);
  failed.bind(3, live);
  return failed;
}

/// How many tasks are in which state, where the condition holds.
template <class... Values>
QueueCounts counts_where(SQLite::Database& database, const std::string& condition, const Values&... values) {
  static const std::map<std::string, std::int64_t QueueCounts::*> members = {
      {"waiting", &QueueCounts::waiting}, {"leased", &QueueCounts::leased}, {"measured", &QueueCounts::measured},
      {"done", &QueueCounts::done},       {"failed", &QueueCounts::failed}, {"undecided", &QueueCounts::undecided}};
  SQLite::Statement row(database, "SELECT state, count(*) FROM tasks WHERE " + condition + " GROUP BY state");
  int column = 0;
  (row.bind(++column, values), ...);
  QueueCounts counts;
  while (row.executeStep()) counts.*members.at(row.getColumn(0).getString()) = row.getColumn(1).getInt64();
  return counts;
}

}  // namespace

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double unix_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct FarmQueue::Impl {
  Impl(const std::filesystem::path& file, int most) : most_failures(most), database(open_farm(file)) {}

  /// The work in one transaction that holds the writer's lock from its start.
  template <class Work>
  auto in_transaction(const Work& work) {
    return database.use([&](SQLite::Database& opened) {
      SQLite::Transaction transaction(opened, SQLite::TransactionBehavior::IMMEDIATE);
      auto result = work(opened);
      transaction.commit();
      return result;
    });
  }

  int most_failures;
  SharedDatabase database;
};

FarmQueue::FarmQueue(const std::filesystem::path& file, int most_failures)
    : impl_(std::make_unique<Impl>(file, most_failures)) {}
FarmQueue::~FarmQueue() = default;

bool FarmQueue::is_in(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return false;
  try {
    return SQLite::Database(file.string(), SQLite::OPEN_READONLY, kBusyMilliseconds).tableExists("tasks");
  } catch (const SQLite::Exception&) {
    return false;
  }
}

int FarmQueue::add(const std::vector<std::string>& candidates, const std::string& board_type) {
  return impl_->in_transaction([&](SQLite::Database& database) {
    SQLite::Statement insert(database, "INSERT OR IGNORE INTO tasks (candidate, board_type) VALUES (?, ?)");
    int added = 0;
    for (const std::string& candidate : candidates) {
      insert.reset();
      insert.bind(1, candidate);
      insert.bind(2, board_type);
      added += insert.exec();
    }
    return added;
  });
}

Shard FarmQueue::begin_shard(Shard shard) {
  return impl_->in_transaction([&](SQLite::Database& database) {
    execute(database, "INSERT INTO shards (board, board_type, state, canary, canary_start) VALUES (?, ?, 'open', ?, ?)",
            shard.board, shard.board_type, shard.canary, shard.canary_cycles);
    shard.id = database.getLastInsertRowid();
    return shard;
  });
}

bool FarmQueue::confirm_shard(std::int64_t shard, std::int64_t canary_cycles) {
  return impl_->in_transaction([&](SQLite::Database& database) {
    const bool is_open =
        execute(database, "UPDATE shards SET state = 'confirmed', canary_end = ? WHERE id = ? AND state = 'open'",
                canary_cycles, shard) == 1;
    if (is_open)
      execute(database, "UPDATE tasks SET state = 'done' WHERE shard = ? AND state = 'measured'", shard);
    else
      discard(database, shard, "was discarded meanwhile");
    return is_open;
  });
}

void FarmQueue::discard_shard(std::int64_t shard, const std::string& why) {
  impl_->in_transaction([&](SQLite::Database& database) { return discard(database, shard, why); });
}

void FarmQueue::discard_board(const std::string& board, const std::string& canary, const std::string& why) {
  impl_->in_transaction([&](SQLite::Database& database) {
    SQLite::Statement row(database, "SELECT id FROM shards WHERE board = ? AND canary = ?");
    row.bind(1, board);
    row.bind(2, canary);
    std::vector<std::int64_t> shards;
    while (row.executeStep()) shards.push_back(row.getColumn(0).getInt64());
    for (const std::int64_t shard : shards) discard(database, shard, why);
    return shards.size();
  });
}

std::vector<Shard> FarmQueue::open_shards() const {
  return impl_->database.use([](SQLite::Database& database) {
    std::vector<Shard> shards;
    SQLite::Statement row(
        database, "SELECT id, board, board_type, canary, canary_start FROM shards WHERE state = 'open' ORDER BY id");
    while (row.executeStep())
      shards.push_back({row.getColumn(0).getInt64(), row.getColumn(1).getString(), row.getColumn(2).getString(),
                        row.getColumn(3).getString(), row.getColumn(4).getInt64()});
    return shards;
  });
}

std::optional<Lease> FarmQueue::take(const std::string& board, const std::string& board_type, int live,
                                     std::int64_t shard, double now, double seconds) {
  return impl_->in_transaction([&](SQLite::Database& database) -> std::optional<Lease> {
    SQLite::Statement next = next_task(database, board, board_type, live);
    if (!next.executeStep()) return {};
    const Lease lease{next.getColumn(0).getInt64(), next.getColumn(1).getString(), board, shard,
                      next.getColumn(2).getInt64() + 1};
    execute(database,
            "UPDATE tasks SET state = 'leased', board = ?, shard = ?, epoch = ?, lease_until = ? WHERE id = ?", board,
            shard, lease.epoch, now + seconds, lease.task);
    return lease;
  });
}

bool FarmQueue::has_task(const std::string& board, const std::string& board_type, int live) const {
  return impl_->database.use(
      [&](SQLite::Database& database) { return next_task(database, board, board_type, live).executeStep(); });
}

bool FarmQueue::finish(const Lease& lease, const MeasurementKey& key, const Measurement& measurement) {
  return impl_->in_transaction([&](SQLite::Database& database) {
    const bool counts = leave(database, lease, "measured", "", "");
    const bool is_new = counts && insert_measurement(database, key, measurement);
    note_measured(database, lease, is_new ? "measured" : "again", key.text(), counts);
    return counts;
  });
}

bool FarmQueue::finish_known(const Lease& lease, const MeasurementKey& key, bool with_energy) {
  return impl_->in_transaction([&](SQLite::Database& database) {
    SQLite::Statement known(database, "SELECT 1 FROM measurements WHERE key = ? AND (energy_uj IS NOT NULL OR NOT ?)");
    known.bind(1, key.text());
    known.bind(2, with_energy ? 1 : 0);
    if (!known.executeStep() || !leave(database, lease, "measured", "", "")) return false;
    note_measured(database, lease, "known", key.text(), true);
    return true;
  });
}

bool FarmQueue::fail(const Lease& lease, const std::string& code, const std::string& message) {
  return impl_->in_transaction([&](SQLite::Database& database) {
    if (!leave(database, lease, "failed", code, message)) return false;
    note(database, lease, "failed", message);
    return true;
  });
}

bool FarmQueue::refuse(const Lease& lease, const MeasurementKey& key, const std::string& code,
                       const std::string& message) {
  return impl_->in_transaction([&](SQLite::Database& database) {
    if (!leave(database, lease, "waiting", code, message)) return false;
    execute(database,
            "INSERT INTO attempts (task, board, shard, outcome, message, key) VALUES (?, ?, ?, 'refused', ?, ?)",
            lease.task, lease.board, lease.shard, message, key.text());
    const bool twice = attempts_of(database, lease.task, "refused") > 1;
    execute(database, "UPDATE tasks SET failures = failures + 1, state = ? WHERE id = ?", twice ? "failed" : "waiting",
            lease.task);
    return true;
  });
}

bool FarmQueue::give_back(const Lease& lease, const std::string& message) {
  return impl_->in_transaction([&](SQLite::Database& database) {
    if (!leave(database, lease, "waiting", "board", message)) return false;
    note(database, lease, "board", message);
    const bool enough = attempts_of(database, lease.task, "board") >= impl_->most_failures;
    execute(database, "UPDATE tasks SET failures = failures + 1, state = ? WHERE id = ?",
            enough ? "undecided" : "waiting", lease.task);
    return true;
  });
}

bool FarmQueue::put_back(const Lease& lease) {
  return impl_->in_transaction([&](SQLite::Database& database) { return leave(database, lease, "waiting", "", ""); });
}

int FarmQueue::expire(double now) {
  return impl_->in_transaction([&](SQLite::Database& database) {
    return execute(database,
                   "UPDATE tasks SET state = 'waiting', lease_until = 0 WHERE state = 'leased' AND lease_until < ?",
                   now);
  });
}

int FarmQueue::reopen() {
  return impl_->in_transaction([](SQLite::Database& database) {
    execute(database,
            "UPDATE attempts SET outcome = 'earlier' WHERE outcome = 'board' AND "
            "task IN (SELECT id FROM tasks WHERE state = 'undecided')");
    return execute(database, "UPDATE tasks SET state = 'waiting', failures = 0 WHERE state = 'undecided'");
  });
}

void FarmQueue::measure_again(const std::vector<std::int64_t>& tasks) {
  impl_->in_transaction([&](SQLite::Database& database) {
    for (const std::int64_t task : tasks) {
      execute(database, "UPDATE attempts SET outcome = 'earlier' WHERE task = ? AND outcome IN ('refused', 'board')",
              task);
      execute(database,
              "UPDATE tasks SET state = 'waiting', key = NULL, failures = 0, code = '', message = '' WHERE id = ?",
              task);
    }
    return tasks.size();
  });
}

QueueCounts FarmQueue::counts() const {
  return impl_->database.use([](SQLite::Database& database) { return counts_where(database, "1"); });
}

QueueCounts FarmQueue::counts(const std::string& board_type) const {
  return impl_->database.use(
      [&](SQLite::Database& database) { return counts_where(database, "board_type = ?", board_type); });
}

std::vector<std::string> FarmQueue::candidates() const {
  return impl_->database.use([](SQLite::Database& database) {
    std::vector<std::string> candidates;
    SQLite::Statement row(database, "SELECT candidate FROM tasks GROUP BY candidate ORDER BY min(id)");
    while (row.executeStep()) candidates.push_back(row.getColumn(0).getString());
    return candidates;
  });
}

std::vector<TaskOutcome> FarmQueue::outcomes() const {
  return impl_->database.use([](SQLite::Database& database) {
    std::vector<TaskOutcome> outcomes;
    SQLite::Statement row(database,
                          "SELECT tasks.id, tasks.candidate, tasks.board_type, tasks.state, tasks.code, tasks.message, "
                          "coalesce(tasks.key, (SELECT ifnull(key, 'of an earlier version') FROM attempts "
                          "WHERE task = tasks.id AND outcome = 'refused' ORDER BY id DESC LIMIT 1), ''), "
                          "measurements.* FROM tasks "
                          "LEFT JOIN measurements ON measurements.key = tasks.key ORDER BY tasks.id");
    while (row.executeStep()) {
      const auto text = [&](int column) { return row.getColumn(column).getString(); };
      TaskOutcome outcome{row.getColumn(0).getInt64(), text(1), text(2), text(3), text(4), text(5), text(6), {}};
      if (!row.getColumn("cycles").isNull()) outcome.measurement = measurement_of_row(row);
      outcomes.push_back(std::move(outcome));
    }
    return outcomes;
  });
}

}  // namespace thimble
