#include "deploy/operator_order.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

constexpr int kNarrowLimit = 8;

using NodeSet = std::vector<bool>;

/// Best way to a set of finished nodes.
struct State {
  std::int64_t peak = 0, live = 0;
  int last = -1;    ///< node that completed the set
  int parent = -1;  ///< index of the set before it, in the layer before
  NodeSet done;
};

/// The problem with what the search asks for again and again.
class Network {
 public:
  explicit Network(const OrderProblem& problem) : problem_(problem), readers_(problem.tensor_bytes.size()) {
    writer_.assign(problem.tensor_bytes.size(), -1);
    for (std::size_t n = 0; n < problem.nodes.size(); ++n) {
      for (int tensor : problem.nodes[n].inputs) readers_[static_cast<std::size_t>(tensor)].push_back(n);
      writer_[static_cast<std::size_t>(problem.nodes[n].output)] = static_cast<int>(n);
    }
    for (std::vector<std::size_t>& of_tensor : readers_)
      of_tensor.erase(std::unique(of_tensor.begin(), of_tensor.end()), of_tensor.end());
    lasts_.assign(problem.tensor_bytes.size(), false);
    for (int tensor : problem.outputs) lasts_[static_cast<std::size_t>(tensor)] = true;
  }

  std::size_t size() const { return problem_.nodes.size(); }

  State start() const {
    State state;
    state.done.assign(size(), false);
    for (int tensor : problem_.inputs) state.live += bytes(tensor);
    state.peak = state.live;
    return state;
  }

  bool is_ready(const State& state, std::size_t node) const {
    if (state.done[node]) return false;
    const std::vector<int>& inputs = problem_.nodes[node].inputs;
    return std::all_of(inputs.begin(), inputs.end(), [&](int tensor) {
      const int writer = writer_[static_cast<std::size_t>(tensor)];
      return writer < 0 || state.done[static_cast<std::size_t>(writer)];
    });
  }

  State after(const State& before, std::size_t node) const {
    const OrderProblem::Node& n = problem_.nodes[node];
    State next{before.peak, before.live, static_cast<int>(node), -1, before.done};
    next.done[node] = true;
    const std::int64_t output = bytes(n.output);
    std::int64_t freed = 0, overwritten = 0;
    for (std::size_t i = 0; i < n.inputs.size(); ++i) {
      const int tensor = n.inputs[i];
      const bool again = std::find(n.inputs.begin(), n.inputs.begin() + static_cast<std::ptrdiff_t>(i), tensor) !=
                         n.inputs.begin() + static_cast<std::ptrdiff_t>(i);
      if (again || !dies(tensor, next.done)) continue;
      freed += bytes(tensor);
      if (n.in_place && bytes(tensor) >= output) overwritten = output;
    }
    next.peak = std::max(before.peak, before.live + output - overwritten);
    next.live = before.live + output - freed;
    if (readers_[static_cast<std::size_t>(n.output)].empty() && !lasts_[static_cast<std::size_t>(n.output)])
      next.live -= output;
    return next;
  }

 private:
  std::int64_t bytes(int tensor) const { return problem_.tensor_bytes[static_cast<std::size_t>(tensor)]; }

  bool dies(int tensor, const NodeSet& done) const {
    const std::vector<std::size_t>& readers = readers_[static_cast<std::size_t>(tensor)];
    return !lasts_[static_cast<std::size_t>(tensor)] &&
           std::all_of(readers.begin(), readers.end(), [&](std::size_t reader) { return done[reader]; });
  }

  const OrderProblem& problem_;
  std::vector<std::vector<std::size_t>> readers_;
  std::vector<int> writer_;
  std::vector<bool> lasts_;
};

bool is_better(const State& a, const State& b) { return std::tie(a.peak, a.live) < std::tie(b.peak, b.live); }

/// All sets of one more node, each by its best way; ties go to the parent and node that come first.
std::vector<State> next_layer(const Network& network, const std::vector<State>& layer, std::int64_t peak_limit) {
  std::map<NodeSet, std::size_t> place;
  std::vector<State> next;
  for (std::size_t parent = 0; parent < layer.size(); ++parent) {
    for (std::size_t node = 0; node < network.size(); ++node) {
      if (!network.is_ready(layer[parent], node)) continue;
      State state = network.after(layer[parent], node);
      if (state.peak >= peak_limit) continue;
      state.parent = static_cast<int>(parent);
      const auto [at, is_new] = place.try_emplace(state.done, next.size());
      if (is_new)
        next.push_back(std::move(state));
      else if (is_better(state, next[at->second]))
        next[at->second] = std::move(state);
    }
  }
  return next;
}

std::vector<int> way_to(const std::vector<std::vector<State>>& layers) {
  std::vector<int> order;
  int at = 0;
  for (std::size_t depth = layers.size(); depth-- > 1;) {
    const State& state = layers[depth][static_cast<std::size_t>(at)];
    order.push_back(state.last);
    at = state.parent;
  }
  std::reverse(order.begin(), order.end());
  return order;
}

bool works_in_place(const Operator& op) {
  switch (op.type) {
    case OpType::kAdd:
    case OpType::kMul:
    case OpType::kReshape:
    case OpType::kQuantize:
    case OpType::kSoftmax:
      return true;
    case OpType::kDepthwiseConv2D:
      return op.stride_h == 1 && op.stride_w == 1;
    default:
      return false;
  }
}

}  // namespace

OrderProblem order_problem(const Graph& graph) {
  OrderProblem problem;
  for (const Tensor& tensor : graph.tensors) problem.tensor_bytes.push_back(tensor.constant ? 0 : tensor.elements());
  for (const Operator& op : graph.operators) {
    OrderProblem::Node node;
    for (int tensor : op.inputs)
      if (!graph.tensor(tensor).constant) node.inputs.push_back(tensor);
    node.output = op.outputs.at(0);
    node.in_place = works_in_place(op);
    problem.nodes.push_back(std::move(node));
  }
  problem.inputs = graph.inputs;
  problem.outputs = graph.outputs;
  return problem;
}

std::int64_t peak_live_bytes(const OrderProblem& problem, const std::vector<int>& order) {
  const Network network(problem);
  THIMBLE_CHECK(order.size() == network.size(), "an order of all nodes");
  State state = network.start();
  for (int node : order) {
    THIMBLE_CHECK(network.is_ready(state, static_cast<std::size_t>(node)), "a node after those that it reads from");
    state = network.after(state, static_cast<std::size_t>(node));
  }
  return state.peak;
}

OperatorOrder best_operator_order(const OrderProblem& problem, const OperatorOrderOptions& options) {
  OperatorOrder best;
  best.order.resize(problem.nodes.size());
  std::iota(best.order.begin(), best.order.end(), 0);
  best.peak_bytes = peak_live_bytes(problem, best.order);
  const Network network(problem);
  std::vector<std::vector<State>> layers = {{network.start()}};
  std::int64_t steps = 0;
  for (std::size_t depth = 0; depth < network.size(); ++depth) {
    steps += static_cast<std::int64_t>(layers.back().size() * network.size());
    const int limit = steps > options.step_limit ? std::min(options.state_limit, kNarrowLimit) : options.state_limit;
    std::vector<State> layer = next_layer(network, layers.back(), best.peak_bytes);
    if (layer.empty()) return best;  // every other way is as high somewhere
    if (layer.size() > static_cast<std::size_t>(limit)) {
      std::stable_sort(layer.begin(), layer.end(), is_better);
      layer.resize(static_cast<std::size_t>(limit));
      best.exact = false;
    }
    layers.push_back(std::move(layer));
  }
  best.order = way_to(layers);
  best.peak_bytes = layers.back().front().peak;
  return best;
}

bool reorder_operators(Graph& graph, const OperatorOrderOptions& options) {
  const OperatorOrder best = best_operator_order(order_problem(graph), options);
  if (std::is_sorted(best.order.begin(), best.order.end())) return false;
  std::vector<Operator> ordered;
  for (int node : best.order) ordered.push_back(graph.operators[static_cast<std::size_t>(node)]);
  graph.operators = std::move(ordered);
  return true;
}

}  // namespace thimble
