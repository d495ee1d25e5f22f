#pragma once
#include <atomic>

namespace thimble {

/// Lets Ctrl-C and SIGTERM ask for an orderly stop; a second one ends the program at once.
void install_stop_handler();

/// Set once a stop was asked for. Long work looks at it between steps.
const std::atomic<bool>& stop_flag();

/// @error Interrupted  when a stop was asked for
void throw_if_stopped();

}  // namespace thimble
