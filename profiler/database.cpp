#include "profiler/database.hpp"

#include <sqlite3.h>

#include <chrono>
#include <thread>

#include "graph/base/deadline.hpp"

namespace thimble {
namespace {

constexpr int kBusyMilliseconds = 10000;

/// Whoever changes the journal or makes tables beside another one is told at once that the file is busy: SQLite's own
/// waiting does not cover that.
void prepare(SQLite::Database& database, const char* schema) {
  for (const Deadline patience(kBusyMilliseconds / 1e3);; std::this_thread::sleep_for(std::chrono::milliseconds(5))) {
    try {
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
      database.exec(schema);
      return;
    } catch (const SQLite::Exception& exception) {
      const int code = exception.getErrorCode();
      if ((code != SQLITE_BUSY && code != SQLITE_LOCKED) || patience.expired()) throw;
    }
  }
}

}  // namespace

SharedDatabase::SharedDatabase(const std::filesystem::path& file, const char* schema) : file_(file.string()) {
  try {
    database_ =
        std::make_unique<SQLite::Database>(file_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMilliseconds);
  } catch (const SQLite::Exception& exception) {
    throw Error(file_ + ": " + exception.what());
  }
  use([&](SQLite::Database& database) { prepare(database, schema); });
}

}  // namespace thimble
