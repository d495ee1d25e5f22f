#pragma once
// For .cpp files alone, as profiler/database.hpp.
#include "profiler/database.hpp"
#include "profiler/measurement_rows.hpp"

namespace thimble {

/// Tables of a sweep's file, beside those of open_measurements. `state` and `outcome` are words: see FarmQueue.
inline constexpr const char* kFarmSchema = R"(
CREATE TABLE IF NOT EXISTS shards (
  id INTEGER PRIMARY KEY, board TEXT NOT NULL, board_type TEXT NOT NULL, state TEXT NOT NULL, canary TEXT NOT NULL,
  canary_start INTEGER NOT NULL, canary_end INTEGER, note TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE IF NOT EXISTS tasks (
  id INTEGER PRIMARY KEY, candidate TEXT NOT NULL, board_type TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
  board TEXT NOT NULL DEFAULT '', epoch INTEGER NOT NULL DEFAULT 0, lease_until REAL NOT NULL DEFAULT 0,
  shard INTEGER REFERENCES shards(id), key TEXT REFERENCES measurements(key), code TEXT NOT NULL DEFAULT '',
  message TEXT NOT NULL DEFAULT '',
  failures INTEGER NOT NULL DEFAULT 0, UNIQUE (candidate, board_type)) STRICT;
CREATE INDEX IF NOT EXISTS tasks_by_state ON tasks(board_type, state, failures, id);
CREATE INDEX IF NOT EXISTS tasks_by_key ON tasks(key);
CREATE TABLE IF NOT EXISTS attempts (
  id INTEGER PRIMARY KEY, task INTEGER NOT NULL REFERENCES tasks(id), board TEXT NOT NULL, shard INTEGER NOT NULL,
  outcome TEXT NOT NULL, key TEXT, message TEXT NOT NULL DEFAULT '',
  at REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0)) STRICT;
CREATE TABLE IF NOT EXISTS events (
  id INTEGER PRIMARY KEY, board TEXT NOT NULL, text TEXT NOT NULL,
  at REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0)) STRICT;
CREATE INDEX IF NOT EXISTS attempts_by_task ON attempts(task, outcome);
CREATE INDEX IF NOT EXISTS attempts_by_shard ON attempts(shard, outcome);
)";

/// The file with all its tables.
inline SharedDatabase open_farm(const std::filesystem::path& file) {
  SharedDatabase database = open_measurements(file);
  database.use([](SQLite::Database& opened) { opened.exec(kFarmSchema); });
  return database;
}

}  // namespace thimble
