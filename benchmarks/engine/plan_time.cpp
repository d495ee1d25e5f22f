// engine_plan_time SPACE.yaml [COUNT]: how long planning one subnet takes, and how far its arena is from the bound.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "deploy/plan.hpp"
#include "search/space/subnet.hpp"

using namespace thimble;

namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

void measure(const SearchSpace& space, int count) {
  std::vector<double> times, above;
  std::size_t operators = 0;
  for (int i = 0; i < count; ++i) {
    Rng rng({7, static_cast<std::uint64_t>(i)});
    const Graph graph = to_graph(space, sample(space, rng));
    const Clock::time_point begin = Clock::now();
    const Result<Plan, PlanError> plan = make_plan(graph);
    times.push_back(microseconds_since(begin));
    operators += graph.operators.size();
    above.push_back(static_cast<double>(plan->arena_bytes) / static_cast<double>(plan->arena_lower_bound_bytes) - 1);
  }
  std::sort(times.begin(), times.end());
  std::printf("%d subnets of %s, %.1f operators on average\n", count, space.name.c_str(),
              static_cast<double>(operators) / count);
  std::printf("planning: mean %.0f us, median %.0f us, 99th percentile %.0f us, worst %.0f us\n", mean_of(times),
              times[times.size() / 2], times[times.size() * 99 / 100], times.back());
  std::printf("arena above its lower bound: mean %.2f %%, worst %.2f %%\n", 100 * mean_of(above),
              100 * *std::max_element(above.begin(), above.end()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: engine_plan_time SPACE.yaml [COUNT]\n"), 2;
  try {
    measure(load_space(argv[1]), argc > 2 ? std::max(1, std::atoi(argv[2])) : 1000);
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "engine_plan_time: %s\n", error.what()), 2;
  }
  return 0;
}
