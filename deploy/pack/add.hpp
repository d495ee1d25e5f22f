#pragma once
#include <optional>

#include "deploy/pack/elementwise.hpp"
#include "graph/quantized_math.hpp"

namespace thimble {

/// Constants of add's short form (deploy/kernels/add.h), for AddParameters::input1 and input2.
struct ShortAdd {
  std::int32_t alpha = 0, beta = 0, gamma = 0;
};

/// Constants that give TFLite's result for all 65536 pairs of inputs, which is proved by trying them all: each pair
/// bounds gamma, and any gamma within all bounds is right.
/// @return nothing where a limited search finds none
std::optional<ShortAdd> find_short_add(const AddParameters& parameters);

/// False where the layer must be `wide`: the scales admit no short form. True without quantisation.
bool add_is_short(const Graph& graph, const Operator& op);

/// Constants of add, as deploy/kernels/add.h lays them out, then the constant operand.
PackResult pack_add(const Graph& graph, const Operator& op);
std::int64_t add_bytes(const Graph& graph, const Operator& op);

}  // namespace thimble
