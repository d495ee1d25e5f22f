#pragma once
#include "deploy/pack/operator_view.hpp"

namespace thimble {

/// Which input of an add or mul is which to the kernel: `first` has the output's shape and is an activation; `second`
/// may be smaller, or a constant.
struct Operands {
  int first = 0, second = 1;   ///< indices into Operator::inputs
  std::uint8_t broadcast = 0;  ///< THIMBLE_SAME, THIMBLE_PIXEL or THIMBLE_ELEMENT
  bool constant = false;       ///< the second one is
  bool is_lookup = false;      ///< a constant of one element: every result depends on one input value
};

/// @error the reason why no kernel takes these shapes
Result<Operands, std::string> operands_of(const Graph& graph, const Operator& op);

/// The operator's inputs that the layer reads from the arena, in the kernel's order: [input, input2].
std::vector<int> layer_inputs(const Graph& graph, const Operator& op);

/// The values of the constant second operand as words, filled up with zeros; empty where there is none.
Words constant_operand(const Graph& graph, const Operator& op, const Operands& operands);
/// Its bytes, from shapes alone; a multiple of 4.
std::int64_t constant_operand_bytes(const Graph& graph, const Operator& op, const Operands& operands);

}  // namespace thimble
