#include "deploy/pack/elementwise.hpp"

#include "deploy/pack/channel.hpp"
#include "graph/quantized_math.hpp"

namespace thimble {

/// thimble_add: the operand with the larger scale first, whose factor is one half.
PackResult pack_elementwise(const Graph& graph, const Operator& op) {
  const AddParameters p = add_parameters(graph, op);
  constexpr QuantizedMultiplier kHalf{1 << 30, 0};
  const bool swap = p.input1 != kHalf;
  const QuantizedMultiplier& smaller = swap ? p.input1 : p.input2;
  const std::int32_t offset1 = swap ? p.input2_offset : p.input1_offset;
  const std::int32_t offset2 = swap ? p.input1_offset : p.input2_offset;
  THIMBLE_CHECK((swap ? p.input2 : p.input1) == kHalf && smaller.shift <= 0, op.name + ": factors of add");
  if (smaller.shift < -30 || p.output.shift < -23 || p.output.shift > -1) {
    return op.name + ": scales of the operands and the output lie too far apart for the int8 kernel";
  }
  return Words{swap ? 1U : 0U,
               static_cast<std::uint32_t>(offset1 * (1 << 19)),
               static_cast<std::uint32_t>(offset2 * (1 << 21)),
               static_cast<std::uint32_t>(smaller.multiplier),
               channel_shifts(0, -smaller.shift),
               static_cast<std::uint32_t>(p.output.multiplier),
               channel_shifts(0, -p.output.shift)};
}

std::int64_t elementwise_bytes(const Graph&, const Operator&) { return 28; }

}  // namespace thimble
