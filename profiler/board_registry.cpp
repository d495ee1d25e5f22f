#include "profiler/board_registry.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "graph/base/deadline.hpp"
#include "graph/base/error.hpp"
#include "profiler/database.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS marks (board TEXT PRIMARY KEY, kind TEXT NOT NULL, reason TEXT NOT NULL, "
    "who TEXT NOT NULL, since REAL NOT NULL) STRICT;";

constexpr double kLockSeconds = 0.1;

fs::path made(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(folder.string() + ": cannot be made: " + error.message());
  return folder;
}

BoardMark mark_of_row(SQLite::Statement& row) {
  BoardMark mark;
  mark.kind = row.getColumn("kind").getString() == "locked" ? BoardMark::Kind::kLocked : BoardMark::Kind::kQuarantined;
  mark.reason = row.getColumn("reason").getString();
  mark.by = row.getColumn("who").getString();
  mark.since = row.getColumn("since").getDouble();
  return mark;
}

fs::path lock_file(const std::string& board, const fs::path& folder) { return folder / (board + ".lock"); }

FileDescriptor open_lock(const fs::path& file) {
  FileDescriptor opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (opened.number() < 0) throw Error(file.string() + ": cannot be written");
  return opened;
}

/// Who asks for a board's user holds its lock for a moment.
bool is_taken(const FileDescriptor& file) {
  for (const Deadline patience(kLockSeconds);;) {
    if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0) return true;
    if (patience.expired()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::string text_in(const FileDescriptor& file) {
  char text[128];
  const ssize_t count = ::pread(file.number(), text, sizeof text, 0);
  return count > 0 ? std::string(text, static_cast<std::size_t>(count)) : "(unknown)";
}

}  // namespace

const char* to_text(BoardMark::Kind kind) { return kind == BoardMark::Kind::kLocked ? "locked" : "quarantined"; }

struct BoardRegistry::Impl {
  SharedDatabase database;
};

BoardRegistry::BoardRegistry(fs::path folder)
    : impl_(std::make_unique<Impl>(SharedDatabase(made(folder) / "boards.sqlite", kSchema))) {}
BoardRegistry::~BoardRegistry() = default;

fs::path BoardRegistry::default_folder() {
  const auto folder_in = [](const char* variable) -> fs::path {
    const char* value = std::getenv(variable);
    return value ? value : "";
  };
  const fs::path state = folder_in("XDG_STATE_HOME"), home = folder_in("HOME");
  if (state.is_absolute()) return state / "thimble";
  return (home.is_absolute() ? home / ".local" / "state" : fs::temp_directory_path()) / "thimble";
}

std::map<std::string, BoardMark> BoardRegistry::marks() const {
  return impl_->database.use([](SQLite::Database& database) {
    std::map<std::string, BoardMark> marks;
    SQLite::Statement row(database, "SELECT * FROM marks");
    while (row.executeStep()) marks[row.getColumn("board").getString()] = mark_of_row(row);
    return marks;
  });
}

std::optional<BoardMark> BoardRegistry::mark_of(const std::string& board) const {
  return impl_->database.use([&](SQLite::Database& database) -> std::optional<BoardMark> {
    SQLite::Statement row(database, "SELECT * FROM marks WHERE board = ?");
    row.bind(1, board);
    if (!row.executeStep()) return {};
    return mark_of_row(row);
  });
}

void BoardRegistry::mark(const std::string& board, const BoardMark& mark) {
  impl_->database.use([&](SQLite::Database& database) {
    SQLite::Statement insert(database, "INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?)");
    insert.bind(1, board);
    insert.bind(2, to_text(mark.kind));
    insert.bind(3, mark.reason);
    insert.bind(4, mark.by);
    insert.bind(5, mark.since);
    insert.exec();
  });
}

bool BoardRegistry::release(const std::string& board) {
  return impl_->database.use([&](SQLite::Database& database) {
    SQLite::Statement remove(database, "DELETE FROM marks WHERE board = ?");
    remove.bind(1, board);
    return remove.exec() > 0;
  });
}

BoardLock::BoardLock(const std::string& board, const fs::path& folder) {
  static std::mutex mutex;
  static std::map<fs::path, std::weak_ptr<FileDescriptor>> held;
  const fs::path path = lock_file(board, made(folder));
  const std::lock_guard lock(mutex);
  file_ = held[path].lock();
  if (file_) return;
  file_ = std::make_shared<FileDescriptor>(open_lock(path));
  if (!is_taken(*file_))
    throw BoardError(board + ": process " + text_in(*file_) +
                     " of this computer uses the board; wait for it or stop it");
  const std::string id = std::to_string(::getpid());
  if (::ftruncate(file_->number(), 0) != 0 || ::pwrite(file_->number(), id.data(), id.size(), 0) < 0)
    throw Error(path.string() + ": cannot be written");
  held[path] = file_;
}

std::string BoardLock::user_of(const std::string& board, const fs::path& folder) {
  std::error_code none;
  if (!fs::exists(lock_file(board, folder), none)) return "";
  const FileDescriptor file = open_lock(lock_file(board, folder));
  if (::flock(file.number(), LOCK_SH | LOCK_NB) != 0) return text_in(file);
  return "";
}

}  // namespace thimble
