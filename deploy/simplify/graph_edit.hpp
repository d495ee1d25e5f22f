#pragma once
#include <span>
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

/// Convolutions, depthwise ones too, and fully connected layers: inputs are x, weights, bias.
bool has_filters(OpType type);

/// For each tensor the operators that read it, in order; an operator that reads it twice is there twice.
std::vector<std::vector<int>> readers_of(const Graph& graph);

/// For each tensor the operator that writes it; -1: none.
std::vector<int> writers_of(const Graph& graph);

bool is_output(const Graph& graph, int tensor);

/// Whether a quantised tensor has the values of another: one scale, one zero point, both the same.
bool same_quantization(const Tensor& a, const Tensor& b);

/// Lets everybody who reads `from`, the graph's outputs too, read `to`.
void redirect(Graph& graph, int from, int to);

/// Removes the operators whose flag is set.
void erase_operators(Graph& graph, const std::vector<bool>& erased);

/// An unconstant tensor of the same type and quantisation.
Tensor like(const Tensor& tensor, std::string name, Shape shape);

}  // namespace thimble
