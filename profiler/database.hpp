#pragma once
// For .cpp files alone: SQLite stays behind their interfaces.
#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <string>

#include "graph/base/error.hpp"

namespace thimble {

/// A SQLite file that several connections and processes may share: write-ahead log, busy writers wait, errors name the
/// file.
class SharedDatabase {
 public:
  /// Opens or makes the file, and runs `schema` (CREATE ... IF NOT EXISTS).
  /// @error Error  names the file and the cause
  SharedDatabase(const std::filesystem::path& file, const char* schema);

  /// Calls work(database). @error Error  what SQLite throws, with the file's name
  template <class Work>
  auto use(const Work& work) const {
    try {
      return work(*database_);
    } catch (const SQLite::Exception& exception) {
      throw Error(file_ + ": " + exception.what());
    }
  }

 private:
  std::string file_;
  std::unique_ptr<SQLite::Database> database_;
};

}  // namespace thimble
