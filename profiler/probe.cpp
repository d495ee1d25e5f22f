#include "profiler/probe.hpp"

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"
#include "profiler/host_probe.hpp"
#include "profiler/openocd/hardware_probe.hpp"
#include "profiler/uart/uart_probe.hpp"
#include "profiler/virtual_probe.hpp"

namespace thimble {
namespace {

std::unique_ptr<Probe> hardware_probe(const Board& board) {
  if (!board.openocd_config.empty()) return std::make_unique<HardwareProbe>(board);
  if (!board.uart_port_wildcard.empty()) return std::make_unique<UartProbe>(board);
  throw BoardError(board.name + " names neither an openocd_config nor a uart_port_wildcard: nothing reaches it");
}

}  // namespace

bool is_boards_fault(const ProbeFailure& failure) {
  return failure.kind == FailureKind::kBoard || failure.code == "timeout";
}

std::string unnamed(const std::string& board, const std::string& message) {
  const std::string name = board + ": ";
  return message.starts_with(name) ? message.substr(name.size()) : message;
}

Result<BoardState, ProbeFailure> Probe::ask_board_state(const RunOptions&) {
  const std::optional<BoardState> known = board_state();
  THIMBLE_CHECK(known.has_value(), "a probe that must ask its board overrides ask_board_state");
  return *known;
}

std::unique_ptr<Probe> make_probe(const Board& board) {
  switch (board.kind()) {
    case BoardKind::kHost:
      return std::make_unique<HostProbe>(board);
    case BoardKind::kVirtual:
      return std::make_unique<VirtualProbe>(board);
    case BoardKind::kHardware:
      return hardware_probe(board);
  }
  throw BoardError(board.name + ": a board of no known kind");
}

}  // namespace thimble
