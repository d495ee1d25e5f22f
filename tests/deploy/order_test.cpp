#include <algorithm>
#include <ctime>
#include <numeric>

#include "deploy/operator_order.hpp"
#include "graph/base/rng.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

/// Node n writes tensor n + 1; tensor 0 is the input; what nobody reads is an output.
OrderProblem random_problem(std::uint64_t seed, int nodes) {
  Rng rng({seed, 77});
  OrderProblem problem;
  problem.tensor_bytes = {rng.between(1, 50)};
  problem.inputs = {0};
  std::vector<bool> read(static_cast<std::size_t>(nodes) + 1, false);
  for (int n = 0; n < nodes; ++n) {
    OrderProblem::Node node;
    for (int i = rng.between(1, 2); i > 0; --i) node.inputs.push_back(rng.between(std::max(0, n - 4), n));
    for (int input : node.inputs) read[static_cast<std::size_t>(input)] = true;
    node.output = n + 1;
    node.in_place = rng.chance(0.3);
    problem.nodes.push_back(node);
    problem.tensor_bytes.push_back(rng.between(1, 100));
  }
  for (int tensor = 1; tensor <= nodes; ++tensor)
    if (!read[static_cast<std::size_t>(tensor)]) problem.outputs.push_back(tensor);
  return problem;
}

bool is_possible(const OrderProblem& problem, const std::vector<int>& order) {
  std::vector<bool> known(problem.tensor_bytes.size(), false);
  known[0] = true;
  for (int n : order) {
    const OrderProblem::Node& node = problem.nodes[static_cast<std::size_t>(n)];
    for (int input : node.inputs)
      if (!known[static_cast<std::size_t>(input)]) return false;
    known[static_cast<std::size_t>(node.output)] = true;
  }
  return true;
}

std::vector<int> first_order(const OrderProblem& problem) {
  std::vector<int> order(problem.nodes.size());
  std::iota(order.begin(), order.end(), 0);
  return order;
}

std::int64_t lowest_of_all_orders(const OrderProblem& problem) {
  std::vector<int> order = first_order(problem);
  std::int64_t lowest = peak_live_bytes(problem, order);
  while (std::next_permutation(order.begin(), order.end()))
    if (is_possible(problem, order)) lowest = std::min(lowest, peak_live_bytes(problem, order));
  return lowest;
}

/// x (10) -> a (100) -> b (1); x -> c (60) -> d (1); b + d.
OrderProblem two_branches() {
  OrderProblem problem;
  problem.tensor_bytes = {10, 100, 60, 1, 1, 1};
  problem.inputs = {0};
  problem.outputs = {5};
  problem.nodes = {{{0}, 1}, {{0}, 2}, {{1}, 3}, {{2}, 4}, {{3, 4}, 5}};
  return problem;
}

}  // namespace

TEST_CASE("a branch ends before the next begins where that is smaller", "[deploy][order]") {
  const OrderProblem problem = two_branches();
  CHECK(peak_live_bytes(problem, {0, 1, 2, 3, 4}) == 10 + 100 + 60);  // while c is written, x and a are live
  const OperatorOrder best = best_operator_order(problem);
  CHECK(best.exact);
  CHECK(best.peak_bytes == 10 + 100 + 1);  // x is still needed while a becomes b
  CHECK(peak_live_bytes(problem, best.order) == best.peak_bytes);
}

TEST_CASE("an output in place needs no room of its own", "[deploy][order]") {
  OrderProblem problem;
  problem.tensor_bytes = {40, 40};
  problem.inputs = {0};
  problem.outputs = {1};
  problem.nodes = {{{0}, 1, true}};
  CHECK(peak_live_bytes(problem, {0}) == 40);
  problem.nodes[0].in_place = false;
  CHECK(peak_live_bytes(problem, {0}) == 80);
  problem.nodes[0].in_place = true;
  problem.outputs = {0, 1};  // the input lives on
  CHECK(peak_live_bytes(problem, {0}) == 80);
}

TEST_CASE("the order of random graphs is the best of all orders", "[deploy][order]") {
  int improved = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const OrderProblem problem = random_problem(seed, 3 + static_cast<int>(seed % 5));
    const OperatorOrder best = best_operator_order(problem);
    INFO("seed " << seed);
    CHECK(best.exact);
    CHECK(is_possible(problem, best.order));
    CHECK(peak_live_bytes(problem, best.order) == best.peak_bytes);
    CHECK(best.peak_bytes == lowest_of_all_orders(problem));
    improved += best.peak_bytes < peak_live_bytes(problem, first_order(problem));
  }
  CHECK(improved > 10);
}

TEST_CASE("a narrow search never loses to the given order", "[deploy][order]") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const OrderProblem problem = random_problem(seed, 30);
    const OperatorOrder wide = best_operator_order(problem), narrow = best_operator_order(problem, {.state_limit = 2});
    CHECK(is_possible(problem, narrow.order));
    CHECK(peak_live_bytes(problem, narrow.order) == narrow.peak_bytes);
    CHECK(narrow.peak_bytes <= peak_live_bytes(problem, first_order(problem)));
    if (wide.exact) CHECK(wide.peak_bytes <= narrow.peak_bytes);
    CHECK(best_operator_order(problem).order == wide.order);
  }
}

TEST_CASE("the search of a wide graph ends", "[deploy][order]") {
  OrderProblem problem;  // 300 branches that nothing joins
  problem.tensor_bytes = {10};
  problem.inputs = {0};
  for (int n = 0; n < 600; ++n) {
    problem.tensor_bytes.push_back(n < 300 ? 50 + n : 1);
    problem.nodes.push_back({{n < 300 ? 0 : n - 299}, n + 1});
    if (n >= 300) problem.outputs.push_back(n + 1);
  }
  const OperatorOrder best = best_operator_order(problem, {.state_limit = 64, .step_limit = 200'000});
  CHECK_FALSE(best.exact);
  CHECK(best.peak_bytes < peak_live_bytes(problem, first_order(problem)) / 10);
}

namespace {

/// x -> a_i -> b_i for all i, all b joined; one branch sets the peak. With `keep` the given order is the best.
OrderProblem parallel_branches(int branches, bool keep) {
  OrderProblem problem;
  problem.tensor_bytes = {16};
  problem.inputs = {0};
  OrderProblem::Node join;
  const auto add = [&](int input, std::int64_t bytes) {
    problem.nodes.push_back({{input}, static_cast<int>(problem.tensor_bytes.size())});
    problem.tensor_bytes.push_back(bytes);
    return problem.nodes.back().output;
  };
  std::vector<int> inner;
  for (int i = 0; i < branches; ++i) {
    const int a = add(0, i == branches / 2 ? 100'000'000 : 40 + i % 7);
    inner.push_back(a);
    if (keep) join.inputs.push_back(add(a, 3 + i % 5));
  }
  for (int a : inner)
    if (!keep) join.inputs.push_back(add(a, 3));
  join.output = static_cast<int>(problem.tensor_bytes.size());
  problem.tensor_bytes.push_back(8);
  problem.outputs = {join.output};
  problem.nodes.push_back(join);
  return problem;
}

}  // namespace

TEST_CASE("the default limits suffice for hundreds and thousands of branches", "[deploy][order]") {
  for (int branches : {64, 300, 3000}) {
    for (bool keep : {false, true}) {
      INFO(branches << " branches" << (keep ? "" : ", all begun before one ends"));
      const OrderProblem problem = parallel_branches(branches, keep);
      const std::clock_t start = std::clock();
      const OperatorOrder best = best_operator_order(problem);
      CHECK(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 1.5);
      CHECK(is_possible(problem, best.order));
      CHECK(peak_live_bytes(problem, best.order) == best.peak_bytes);
      CHECK(best.peak_bytes <= peak_live_bytes(problem, first_order(problem)));
      if (!keep) CHECK(best.peak_bytes < peak_live_bytes(problem, first_order(problem)));
    }
  }
}

TEST_CASE("a chain keeps its order", "[deploy][order]") {
  OrderProblem problem;
  problem.tensor_bytes = {5, 6, 7, 8};
  problem.inputs = {0};
  problem.outputs = {3};
  problem.nodes = {{{0}, 1}, {{1}, 2}, {{2}, 3}};
  CHECK(best_operator_order(problem).order == std::vector<int>{0, 1, 2});
}
