#include "profiler/probe.hpp"

#include "graph/base/error.hpp"
#include "profiler/host_probe.hpp"
#include "profiler/openocd/hardware_probe.hpp"
#include "profiler/virtual_probe.hpp"

namespace thimble {

std::unique_ptr<Probe> make_probe(const Board& board) {
  switch (board.kind()) {
    case BoardKind::kHost:
      return std::make_unique<HostProbe>(board);
    case BoardKind::kVirtual:
      return std::make_unique<VirtualProbe>(board);
    case BoardKind::kHardware:
      return std::make_unique<HardwareProbe>(board);
  }
  throw BoardError(board.name + ": a board of no known kind");
}

}  // namespace thimble
