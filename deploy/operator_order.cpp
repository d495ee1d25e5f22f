#include "deploy/operator_order.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

constexpr int kNarrowLimit = 8;
constexpr std::size_t kWord = 64;

/// Best way to a set of finished nodes.
struct State {
  std::int64_t peak = 0, live = 0;
  std::uint64_t hash = 0;           ///< of `done`
  std::vector<std::uint64_t> done;  ///< one bit per node
  std::vector<int> unread;          ///< per tensor: readers that are not done
  std::vector<int> ready;           ///< nodes that may be next
};

/// A node that completes a set.
struct Move {
  std::int64_t peak = 0, live = 0;
  int parent = -1;  ///< index of the set before it, in the layer before
  int node = -1;
};

std::uint64_t hash_of(int node) {  // splitmix64
  std::uint64_t x = 0x9e3779b97f4a7c15u * (static_cast<std::uint64_t>(node) + 1);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::vector<int> without_repeats(std::vector<int> tensors) {
  std::sort(tensors.begin(), tensors.end());
  tensors.erase(std::unique(tensors.begin(), tensors.end()), tensors.end());
  return tensors;
}

/// The problem with what the search asks for again and again.
class Network {
 public:
  explicit Network(const OrderProblem& problem) : problem_(problem), readers_(problem.tensor_bytes.size()) {
    writer_.assign(problem.tensor_bytes.size(), -1);
    for (std::size_t n = 0; n < problem.nodes.size(); ++n) {
      inputs_.push_back(without_repeats(problem.nodes[n].inputs));
      for (int tensor : inputs_.back()) readers_[static_cast<std::size_t>(tensor)].push_back(static_cast<int>(n));
      writer_[static_cast<std::size_t>(problem.nodes[n].output)] = static_cast<int>(n);
    }
    lasts_.assign(problem.tensor_bytes.size(), false);
    for (int tensor : problem.outputs) lasts_[static_cast<std::size_t>(tensor)] = true;
  }

  std::size_t size() const { return problem_.nodes.size(); }

  State start() const {
    State state;
    state.done.assign(size() / kWord + 1, 0);
    for (const std::vector<int>& readers : readers_) state.unread.push_back(static_cast<int>(readers.size()));
    for (int tensor : problem_.inputs) state.live += bytes(tensor);
    state.peak = state.live;
    for (std::size_t node = 0; node < size(); ++node)
      if (is_ready(state, static_cast<int>(node))) state.ready.push_back(static_cast<int>(node));
    return state;
  }

  /// No order has a lower peak: the inputs, the outputs, what each node reads and writes.
  std::int64_t lower_bound() const {
    std::int64_t starts = 0, ends = 0;
    for (int tensor : problem_.inputs) starts += bytes(tensor);
    for (int tensor : without_repeats(problem_.outputs)) ends += bytes(tensor);
    std::int64_t bound = std::max(starts, ends);
    for (std::size_t n = 0; n < size(); ++n) {
      const std::int64_t output = bytes(problem_.nodes[n].output);
      std::int64_t live = output;
      for (int tensor : inputs_[n]) live += bytes(tensor);
      const bool in_place = problem_.nodes[n].in_place && std::any_of(inputs_[n].begin(), inputs_[n].end(),
                                                                      [&](int t) { return bytes(t) >= output; });
      bound = std::max(bound, in_place ? live - output : live);
    }
    return bound;
  }

  bool is_ready(const State& state, int node) const {
    const std::vector<int>& inputs = inputs_[static_cast<std::size_t>(node)];
    return !is_done(state, node) && std::all_of(inputs.begin(), inputs.end(), [&](int tensor) {
      const int writer = writer_[static_cast<std::size_t>(tensor)];
      return writer < 0 || is_done(state, writer);
    });
  }

  Move move(const State& before, int parent, int node) const {
    const OrderProblem::Node& n = problem_.nodes[static_cast<std::size_t>(node)];
    const std::int64_t output = bytes(n.output);
    std::int64_t freed = 0, overwritten = 0;
    for (int tensor : inputs_[static_cast<std::size_t>(node)]) {
      const auto t = static_cast<std::size_t>(tensor);
      if (lasts_[t] || before.unread[t] > 1) continue;
      freed += bytes(tensor);
      if (n.in_place && bytes(tensor) >= output) overwritten = output;
    }
    const auto written = static_cast<std::size_t>(n.output);
    const std::int64_t kept = readers_[written].empty() && !lasts_[written] ? 0 : output;
    return {std::max(before.peak, before.live + output - overwritten), before.live + kept - freed, parent, node};
  }

  State after(State next, const Move& move) const {
    const auto node = static_cast<std::size_t>(move.node);
    next.peak = move.peak, next.live = move.live;
    next.hash ^= hash_of(move.node);
    next.done[node / kWord] |= bit(move.node);
    for (int tensor : inputs_[node]) --next.unread[static_cast<std::size_t>(tensor)];
    std::erase(next.ready, move.node);
    for (int reader : readers_[static_cast<std::size_t>(problem_.nodes[node].output)])
      if (is_ready(next, reader)) next.ready.push_back(reader);
    return next;
  }

  /// Whether two moves complete the same set.
  static bool is_same(const State& a, int node_a, const State& b, int node_b) {
    const auto word = [](const State& state, int node, std::size_t i) {
      return state.done[i] | (static_cast<std::size_t>(node) / kWord == i ? bit(node) : 0);
    };
    for (std::size_t i = 0; i < a.done.size(); ++i)
      if (word(a, node_a, i) != word(b, node_b, i)) return false;
    return true;
  }

 private:
  static std::uint64_t bit(int node) { return std::uint64_t{1} << (static_cast<std::size_t>(node) % kWord); }
  static bool is_done(const State& state, int node) {
    return (state.done[static_cast<std::size_t>(node) / kWord] & bit(node)) != 0;
  }
  std::int64_t bytes(int tensor) const { return problem_.tensor_bytes[static_cast<std::size_t>(tensor)]; }

  const OrderProblem& problem_;
  std::vector<std::vector<int>> readers_, inputs_;
  std::vector<int> writer_;
  std::vector<bool> lasts_;
};

bool is_better(const Move& a, const Move& b) { return std::tie(a.peak, a.live) < std::tie(b.peak, b.live); }

class Search {
 public:
  Search(const Network& network, const OperatorOrderOptions& options) : network_(network), options_(options) {}

  /// Empty: no order has a peak below that.
  std::vector<int> order_below(std::int64_t peak) {
    peak_ = peak;
    layer_ = {network_.start()};
    layer_[0].peak = std::max(layer_[0].peak, network_.lower_bound());
    while (ways_.size() < network_.size()) {
      expand();
      if (moves_.empty()) return {};
      truncate();
      std::vector<State> next;
      for (const Move& move : moves_)
        next.push_back(network_.after(layer_[static_cast<std::size_t>(move.parent)], move));
      steps_ += static_cast<std::int64_t>(next.size() * (1 + network_.size() / kWord));
      layer_ = std::move(next);
      std::vector<Way>& ways = ways_.emplace_back();
      for (const Move& move : moves_) ways.push_back({move.parent, move.node});
    }
    return way_back();
  }

  std::int64_t peak() const { return layer_.at(0).peak; }
  bool exact() const { return exact_; }

 private:
  struct Way {
    int parent, node;
  };

  /// Sets that are kept: few when the search has taken long, in the end one.
  std::size_t limit() const {
    if (steps_ <= options_.step_limit) return static_cast<std::size_t>(options_.state_limit);
    if (steps_ <= 2 * options_.step_limit)
      return static_cast<std::size_t>(std::min(options_.state_limit, kNarrowLimit));
    return 1;
  }

  /// All sets of one more node, each by its best way; ties go to the parent and node that come first.
  void expand() {
    moves_.clear();
    place_.clear();
    for (std::size_t parent = 0; parent < layer_.size(); ++parent) {
      if (parent >= limit()) {
        exact_ = false;
        return;
      }
      const State& state = layer_[parent];
      const std::size_t first = moves_.size();
      for (int node : state.ready) {
        const Move move = network_.move(state, static_cast<int>(parent), node);
        ++steps_;
        if (move.peak >= peak_) continue;
        if (is_free(state, move)) {
          moves_.resize(first);
          moves_.push_back(move);
          break;
        }
        moves_.push_back(move);
      }
      merge(first);
      if (moves_.size() > 8 * limit()) truncate();
    }
  }

  /// A node that needs no more memory, now or later, can as well be next: no other need be tried.
  static bool is_free(const State& before, const Move& move) {
    return move.peak == before.peak && move.live <= before.live;
  }

  const State& parent_of(const Move& move) const { return layer_[static_cast<std::size_t>(move.parent)]; }

  /// Moves from `first` on that complete a known set replace the way to it, or go.
  void merge(std::size_t first) {
    std::size_t kept = first;
    for (std::size_t i = first; i < moves_.size(); ++i) {
      const Move move = moves_[i];
      const auto [at, is_new] = place_.try_emplace(parent_of(move).hash ^ hash_of(move.node), kept);
      Move& known = moves_[at->second];
      const bool same = !is_new && Network::is_same(parent_of(known), known.node, parent_of(move), move.node);
      if (!same)
        moves_[kept++] = move;
      else if (is_better(move, known))
        known = move;
    }
    moves_.resize(kept);
  }

  void truncate() {
    std::stable_sort(moves_.begin(), moves_.end(), is_better);
    if (moves_.size() > limit()) {
      moves_.resize(limit());
      exact_ = false;
    }
    place_.clear();
    for (std::size_t i = 0; i < moves_.size(); ++i)
      place_.try_emplace(parent_of(moves_[i]).hash ^ hash_of(moves_[i].node), i);
  }

  std::vector<int> way_back() const {
    std::vector<int> order;
    int at = 0;
    for (std::size_t depth = ways_.size(); depth-- > 0;) {
      const Way& way = ways_[depth][static_cast<std::size_t>(at)];
      order.push_back(way.node);
      at = way.parent;
    }
    std::reverse(order.begin(), order.end());
    return order;
  }

  const Network& network_;
  const OperatorOrderOptions options_;
  std::int64_t peak_ = 0, steps_ = 0;
  bool exact_ = true;
  std::vector<State> layer_;                              ///< best first
  std::vector<Move> moves_;                               ///< to the next layer
  std::unordered_map<std::uint64_t, std::size_t> place_;  ///< of a set's hash in moves_
  std::vector<std::vector<Way>> ways_;                    ///< of all layers
};

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
    THIMBLE_CHECK(network.is_ready(state, node), "a node after those that it reads from");
    const Move move = network.move(state, 0, node);
    state = network.after(std::move(state), move);
  }
  return state.peak;
}

OperatorOrder best_operator_order(const OrderProblem& problem, const OperatorOrderOptions& options) {
  OperatorOrder best;
  best.order.resize(problem.nodes.size());
  std::iota(best.order.begin(), best.order.end(), 0);
  best.peak_bytes = peak_live_bytes(problem, best.order);
  const Network network(problem);
  if (best.peak_bytes == network.lower_bound()) return best;
  Search search(network, options);
  std::vector<int> order = search.order_below(best.peak_bytes);
  best.exact = search.exact();
  if (order.empty()) return best;
  best.order = std::move(order);
  best.peak_bytes = search.peak();
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
