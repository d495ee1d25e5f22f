#pragma once
#include <cstdint>
#include <optional>

#include "search/space/fit.hpp"

namespace thimble {

/// What a subnet may need at most. 1 KB = 1024 bytes; 0: no limit.
struct Limits {
  double sram_kb = 0;
  double flash_kb = 0;
  double latency_ms = 0;
};

/// What a subnet needs; nothing where it is not known.
struct Needs {
  std::optional<std::int64_t> peak_sram_bytes, flash_bytes;
  std::optional<double> latency_us;
};

/// Holds the needs against the limits. The reason names every limit that is broken, with both numbers and the overrun:
/// "peak SRAM 300.0 KB of 256 KB (117 %)".
Fit check(const Limits& limits, const Needs& needs);

}  // namespace thimble
