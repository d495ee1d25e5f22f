#pragma once
#include <optional>

#include "deploy/pack/elementwise.hpp"
#include "graph/quantized_math.hpp"

namespace thimble {

/// Constants of mul's short form (deploy/kernels/mul.h), for the kernel's first and second operand.
struct ShortMul {
  std::int32_t multiplier = 0;
  int shift = 0;
  std::int32_t gamma = 0;
};

struct MulZeros {
  std::int32_t first = 0, second = 0, output = 0;
};

/// Constants that give TFLite's result for all 65536 pairs of inputs, which is proved by trying them all.
/// @return nothing where a limited search finds none
std::optional<ShortMul> find_short_mul(const QuantizedMultiplier& factor, const MulZeros& zeros);

/// Constants of mul, as deploy/kernels/mul.h lays them out, then the constant operand.
PackResult pack_mul(const Graph& graph, const Operator& op);
std::int64_t mul_bytes(const Graph& graph, const Operator& op);

/// False where the layer must be `wide`: no short form gives TFLite's results. True without quantisation.
bool mul_is_short(const Graph& graph, const Operator& op);

/// True where no product needs the nudge of negative ties: none is negative, or the activation hides them.
bool mul_is_relu(const Graph& graph, const Operator& op);

}  // namespace thimble
