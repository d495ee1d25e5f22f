#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "graph/base/child_process.hpp"

namespace thimble {

/// Why a board must not be used.
struct BoardMark {
  enum class Kind { kLocked, kQuarantined };
  Kind kind = Kind::kLocked;
  std::string reason;
  std::string by;    ///< the user, or the sweep
  double since = 0;  ///< seconds since the epoch
};

const char* to_text(BoardMark::Kind kind);  ///< "locked", "quarantined"

/// What this computer's users and sweeps know of its boards, by the boards' names: an SQLite file in a folder that all
/// of one user's processes share.
///
/// Every member throws Error, with the file's name, where it cannot be read or written.
class BoardRegistry {
 public:
  /// @param folder  made where it is missing
  explicit BoardRegistry(std::filesystem::path folder = default_folder());
  ~BoardRegistry();

  /// $XDG_STATE_HOME/thimble, or ~/.local/state/thimble.
  static std::filesystem::path default_folder();

  std::map<std::string, BoardMark> marks() const;
  std::optional<BoardMark> mark_of(const std::string& board) const;
  void mark(const std::string& board, const BoardMark& mark);
  /// @return whether there was a mark
  bool release(const std::string& board);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One process's use of a board, for as long as one of its locks of the board lives; the system ends it with the
/// process.
class BoardLock {
 public:
  /// @error BoardError  another process uses the board: names it
  explicit BoardLock(const std::string& board, const std::filesystem::path& folder = BoardRegistry::default_folder());

  /// The process that uses the board now; empty where none does.
  static std::string user_of(const std::string& board,
                             const std::filesystem::path& folder = BoardRegistry::default_folder());

 private:
  std::shared_ptr<FileDescriptor> file_;  ///< shared by all locks of the process on this board
};

}  // namespace thimble
