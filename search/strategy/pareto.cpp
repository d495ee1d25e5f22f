#include "search/strategy/pareto.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"

namespace thimble {
namespace {

std::vector<std::size_t> indices(std::size_t count) {
  std::vector<std::size_t> result(count);
  std::iota(result.begin(), result.end(), std::size_t{0});
  return result;
}

/// Sweeps the last objective: between two of its values the dominated volume is a slab over the rest.
/// Points are all better than the reference.
double sweep(std::vector<Point> points, Point reference) {
  if (points.empty()) return 0;
  const std::size_t last = reference.size() - 1;
  std::sort(points.begin(), points.end(), [&](const Point& a, const Point& b) { return a[last] < b[last]; });
  if (last == 0) return reference[0] - points[0][0];
  const double end = reference[last];
  reference.pop_back();
  double volume = 0;
  std::vector<Point> below;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double from = points[i][last];
    const double to = i + 1 < points.size() ? points[i + 1][last] : end;
    points[i].pop_back();
    below.push_back(std::move(points[i]));
    if (to > from) volume += (to - from) * sweep(below, reference);
  }
  return volume;
}

}  // namespace

Point point_of(const Candidate& candidate, const std::vector<Objective>& objectives) {
  Point point;
  for (const Objective& objective : objectives) {
    const auto found = candidate.metrics.find(objective.metric);
    if (found == candidate.metrics.end())
      throw Error("subnet " + to_text(candidate.subnet) + " has no metric " + objective.metric);
    const double value = found->second.value;
    point.push_back(objective.direction == Direction::kMaximize ? -value : value);
  }
  return point;
}

bool dominates(const Point& a, const Point& b) {
  bool better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better = better || a[i] < b[i];
  }
  return better;
}

std::vector<std::size_t> pareto_front(const std::vector<Point>& points) {
  std::vector<std::size_t> front;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto beats = [&](const Point& other) { return dominates(other, points[i]); };
    if (std::none_of(points.begin(), points.end(), beats)) front.push_back(i);
  }
  return front;
}

std::vector<int> nondominated_ranks(const std::vector<Point>& points) {
  std::vector<int> ranks(points.size(), -1);
  std::vector<std::size_t> rest = indices(points.size());
  for (int rank = 0; !rest.empty(); ++rank) {
    std::vector<Point> left;
    for (std::size_t i : rest) left.push_back(points[i]);
    for (std::size_t i : pareto_front(left)) ranks[rest[i]] = rank;
    std::erase_if(rest, [&](std::size_t i) { return ranks[i] == rank; });
  }
  return ranks;
}

std::vector<double> crowding_distances(const std::vector<Point>& points) {
  std::vector<double> distances(points.size(), 0.0);
  for (std::size_t objective = 0; !points.empty() && objective < points[0].size(); ++objective) {
    std::vector<std::size_t> order = indices(points.size());
    const auto value = [&](std::size_t i) { return points[order[i]][objective]; };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return points[a][objective] < points[b][objective]; });
    const double range = value(order.size() - 1) - value(0);
    distances[order.front()] = distances[order.back()] = std::numeric_limits<double>::infinity();
    for (std::size_t i = 1; range > 0 && i + 1 < order.size(); ++i)
      distances[order[i]] += (value(i + 1) - value(i - 1)) / range;
  }
  return distances;
}

double hypervolume(const std::vector<Point>& points, const Point& reference) {
  THIMBLE_CHECK(!reference.empty(), "a hypervolume without objectives");
  std::vector<Point> inside;
  for (const Point& point : points) {
    bool better = point.size() == reference.size();
    for (std::size_t i = 0; better && i < point.size(); ++i) better = point[i] < reference[i];
    if (better) inside.push_back(point);
  }
  return sweep(std::move(inside), reference);
}

}  // namespace thimble
