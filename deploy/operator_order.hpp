#pragma once
#include <cstdint>
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

/// What an order of operators is judged by: the most bytes that are live at a time.
struct OrderProblem {
  struct Node {
    std::vector<int> inputs;  ///< tensors that it reads, without constants
    int output = 0;
    bool in_place = false;  ///< may write over an input that dies, if the output is no larger
  };
  std::vector<std::int64_t> tensor_bytes;
  std::vector<Node> nodes;           ///< in an order that is possible
  std::vector<int> inputs, outputs;  ///< live from the start; to the end
};

/// @param graph  validate() finds nothing. Depthwise convolutions of stride 1, additions, products, reshapes,
///               requantisation and softmax work in place.
OrderProblem order_problem(const Graph& graph);

/// Largest sum of the bytes that are live while a node runs: inputs, output, and what later nodes or the end need.
/// @param order  every node once, after the nodes that write its inputs
std::int64_t peak_live_bytes(const OrderProblem& problem, const std::vector<int>& order);

struct OperatorOrder {
  std::vector<int> order;  ///< indices of nodes
  std::int64_t peak_bytes = 0;
  bool exact = true;  ///< no order has a lower peak
};

struct OperatorOrderOptions {
  int state_limit = 4096;  ///< sets of finished nodes that the search keeps per number of finished nodes
  /// Successors that it looks at: from then on 8 sets are kept, from twice as many on one.
  std::int64_t step_limit = 2'000'000;
};

/// The order with the lowest peak; the given one where none is lower.
///
/// What is live depends on the set of finished nodes alone, so the best way to each set is all that must be kept: a
/// dynamic program over these sets, by their size. Sets that no better order leads through are dropped; so are those
/// beside a node that needs no memory, now or later, beyond what is taken already. Above the limit the best are kept (a
/// beam search, `exact` is false then). The same problem gives the same order.
/// @see Liberis & Lane 2019, arXiv:1910.05110
OperatorOrder best_operator_order(const OrderProblem& problem, const OperatorOrderOptions& options = {});

/// The graph's operators in the best order. @return whether they changed places
bool reorder_operators(Graph& graph, const OperatorOrderOptions& options = {});

}  // namespace thimble
