#pragma once
#include <cstdint>

#include "profiler/probe_link.hpp"

namespace thimble {

enum class SessionState {
  kOff,       ///< nothing is known of the probe
  kReady,     ///< it said hello
  kLoaded,    ///< it holds the plan
  kMeasured,  ///< it ran it
};

/// What the firmware says of itself.
struct ProbeHello {
  std::uint32_t firmware_crc = 0, kernel_library_version = 0;
  std::uint32_t arena_bytes = 0, window_bytes = 0, max_layers = 0, stack_bytes = 0;
  probe_timer timer = PROBE_TIMER_NONE;
  BoardState state{};
};

struct ProbeRun {
  std::uint32_t regions = 0, stack_bytes = 0;
  std::vector<std::uint32_t> cycles;  ///< of each region; empty where the firmware has no timer
};

/// What PROBE_RUN asks for.
struct ProbeRequest {
  probe_mode mode = PROBE_TOTAL;
  int runs = 1;
  std::uint32_t most_cycles = 0;  ///< that a region may take where the firmware has a timer; 0: any
  probe_cache cache = PROBE_WARM;
};

/// One conversation with the probe firmware: hello, load, run. Every step may be a failure, which leaves the session
/// off.
class ProbeSession {
 public:
  explicit ProbeSession(Transport& transport) : link_(transport) {}

  SessionState state() const { return state_; }
  Result<ProbeHello, ProbeFailure> hello(const Deadline& deadline);
  /// @pre hello
  /// @return layers that the probe took
  Result<int, ProbeFailure> load(const ProbePlan& plan, const Deadline& deadline);
  /// @pre load
  /// @error ProbeFailure  kBoard, "state_changed": the board is not in the state that it said hello in
  Result<ProbeRun, ProbeFailure> run(const ProbeRequest& request, const Deadline& deadline);

 private:
  ProbeLink link_;
  SessionState state_ = SessionState::kOff;
  BoardState board_;  ///< as it said hello
};

}  // namespace thimble
