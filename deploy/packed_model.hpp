#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "deploy/plan.hpp"

namespace thimble {

/// The constants of every step in the order of Plan::steps(), as the kernels read them; empty for steps without.
/// @param graph  the int8 graph with weights that the plan was made of, or one of the same shapes
/// @error Error  all layers whose numbers the kernels cannot hold, by name
std::vector<std::vector<std::uint32_t>> pack_model(const Plan& plan, const Graph& graph);

/// Why pack_model() would throw: "LAYER: ..." for every layer whose numbers the kernels cannot hold. Of a graph without
/// values there is nothing to say.
std::vector<std::string> packing_problems(const Plan& plan, const Graph& graph);

/// The layer of a step with the zero points and the activation of `graph`; offsets are the plan's.
thimble_layer quantized_layer(const Step& step, const Graph& graph);

}  // namespace thimble
