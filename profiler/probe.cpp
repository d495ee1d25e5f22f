#include "profiler/probe.hpp"

#include "graph/base/error.hpp"
#include "profiler/host_probe.hpp"
#include "profiler/virtual_probe.hpp"

namespace thimble {

std::unique_ptr<Probe> make_probe(const Board& board) {
  switch (board.kind()) {
    case BoardKind::kHost:
      return std::make_unique<HostProbe>(board);
    case BoardKind::kVirtual:
      return std::make_unique<VirtualProbe>(board);
    case BoardKind::kHardware:
      break;
  }
  throw BoardError(board.name + ": no probe reaches this board; boards that can be measured are host and virtual ones");
}

}  // namespace thimble
