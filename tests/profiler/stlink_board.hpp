#pragma once
#include <filesystem>
#include <string>

#include "graph/base/child_process.hpp"
#include "profiler/board.hpp"
#include "tests/catch.hpp"
#include "tests/profiler/scratch_folder.hpp"

/// Ends a test where StLinkBoard cannot be used, and says why.
#define THIMBLE_SKIP_WITHOUT_OPENOCD                                                         \
  if (const std::string missing = thimble::test::StLinkBoard::missing(); !missing.empty()) { \
    WARN("skipped: " << missing << " is not on this machine");                               \
    return;                                                                                  \
  }

namespace thimble::test {

/// A virtual ST-LINK with an emulated chip (tests/stlink/serve), and the board behind it as OpenOCD's stock files see
/// it.
class StLinkBoard {
 public:
  /// @param board    a built-in one, "nucleo-f446re"
  /// @param part     of tests/stlink/parts.py
  /// @param options  of the server
  StLinkBoard(const std::string& board, const std::string& part, const std::vector<std::string>& options = {});

  const Board& board() const { return board_; }
  /// The next operation of the kind fails (tests/stlink/faults.py).
  void ask_for_fault(const std::string& kind);
  void kill() { server_->kill(); }

  /// Why it cannot be used here; empty where it can.
  static std::string missing();

 private:
  ScratchFolder folder_;
  std::unique_ptr<ChildProcess> server_;
  Board board_;
};

}  // namespace thimble::test
