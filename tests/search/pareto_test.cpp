#include "search/strategy/pareto.hpp"

#include <limits>

#include "graph/base/error.hpp"
#include "graph/base/rng.hpp"
#include "tests/catch.hpp"

using namespace thimble;

namespace {

std::vector<Point> random_points(int count, int objectives, std::uint64_t seed) {
  Rng rng({seed});
  std::vector<Point> points(static_cast<std::size_t>(count), Point(static_cast<std::size_t>(objectives)));
  for (Point& point : points)
    for (double& value : point) value = static_cast<double>(rng.below(20));
  return points;
}

}  // namespace

TEST_CASE("a point dominates where it is no worse and somewhere better", "[search][pareto]") {
  CHECK(dominates({1, 2}, {1, 3}));
  CHECK_FALSE(dominates({1, 2}, {1, 2}));
  CHECK_FALSE(dominates({1, 3}, {2, 2}));
}

TEST_CASE("the front holds no dominated point, and every other point is dominated", "[search][pareto]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto points = random_points(60, seed % 2 ? 2 : 3, seed);
    std::vector<bool> in_front(points.size(), false);
    for (std::size_t i : pareto_front(points)) in_front[i] = true;
    for (std::size_t i = 0; i < points.size(); ++i) {
      bool dominated = false;
      for (const Point& other : points) dominated = dominated || dominates(other, points[i]);
      CHECK(dominated != in_front[i]);
    }
  }
}

TEST_CASE("a point ranks behind some point of every better rank", "[search][pareto]") {
  const auto points = random_points(80, 2, 3);
  const auto ranks = nondominated_ranks(points);
  for (std::size_t i = 0; i < points.size(); ++i) {
    bool behind = ranks[i] == 0;
    for (std::size_t j = 0; j < points.size(); ++j) {
      if (ranks[j] >= ranks[i]) CHECK_FALSE(dominates(points[j], points[i]));
      behind = behind || (ranks[j] == ranks[i] - 1 && dominates(points[j], points[i]));
    }
    CHECK(behind);
  }
}

TEST_CASE("crowding distances of a small front", "[search][pareto]") {
  // gaps of the middle points: (3-0)/10 + (10-4)/10 and (10-1)/10 + (6-0)/10
  const auto distances = crowding_distances({{0, 10}, {1, 6}, {3, 4}, {10, 0}});
  CHECK(distances[0] == std::numeric_limits<double>::infinity());
  CHECK(distances[1] == Approx(0.9));
  CHECK(distances[2] == Approx(1.5));
  CHECK(distances[3] == std::numeric_limits<double>::infinity());
}

TEST_CASE("the hypervolume of a staircase is the area under it", "[search][pareto]") {
  // (1,3) to (4,4): 3 x 1; (2,1) adds 2 x 2; (3,2) lies behind (2,1)
  CHECK(hypervolume({{1, 3}, {2, 1}, {3, 2}}, {4, 4}) == Approx(7));
  CHECK(hypervolume({}, {4, 4}) == 0);
  CHECK(hypervolume({{5, 0}}, {4, 4}) == 0);
  CHECK(hypervolume({{1, 1, 1}}, {2, 3, 4}) == Approx(6));
}

TEST_CASE("the hypervolume in three dimensions counts the dominated cells", "[search][pareto]") {
  const auto points = random_points(12, 3, 5);
  int cells = 0;
  for (int x = 0; x < 20; ++x) {
    for (int y = 0; y < 20; ++y) {
      for (int z = 0; z < 20; ++z) {
        bool covered = false;
        for (const Point& p : points) covered = covered || (p[0] <= x && p[1] <= y && p[2] <= z);
        cells += covered;
      }
    }
  }
  CHECK(hypervolume(points, {20, 20, 20}) == Approx(cells));
}

TEST_CASE("a candidate without an objective's metric is an error that names both", "[search][pareto]") {
  const Candidate candidate{{16, 0.5, {{{3, 3}}}}, {{"macs", {5}}}, {}};
  CHECK(point_of(candidate, {{"macs", Direction::kMinimize}}) == Point{5});
  CHECK(point_of(candidate, {{"macs", Direction::kMaximize}}) == Point{-5});
  CHECK_THROWS_WITH(point_of(candidate, {Objective{}}), "subnet r16-w0.5-k3e3 has no metric top1");
}
