#include "profiler/database.hpp"

namespace thimble {
namespace {

constexpr int kBusyMilliseconds = 10000;

}  // namespace

SharedDatabase::SharedDatabase(const std::filesystem::path& file, const char* schema) : file_(file.string()) {
  try {
    database_ =
        std::make_unique<SQLite::Database>(file_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMilliseconds);
  } catch (const SQLite::Exception& exception) {
    throw Error(file_ + ": " + exception.what());
  }
  use([&](SQLite::Database& database) {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
    database.exec(schema);
  });
}

}  // namespace thimble
