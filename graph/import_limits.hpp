#pragma once
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

/// What a sound file may not ask for, far above any microcontroller's model: a small file can describe a network that
/// would keep an interpreter busy for days, or fill the memory with its tables.
/// @param graph  validate() and validate_int8() find nothing
/// @return "model: ..." or "operator 3 (...): ..."; empty where the network is of ordinary size
std::vector<std::string> exceeded_limits(const Graph& graph);

}  // namespace thimble
