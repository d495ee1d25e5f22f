#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "search/space/evaluator.hpp"

namespace thimble {

enum class Direction { kMaximize, kMinimize };

/// A metric that a search improves.
struct Objective {
  std::string metric = metric::kTop1;
  Direction direction = Direction::kMaximize;
};

/// One value per objective, all of them to be minimised.
using Point = std::vector<double>;

/// A candidate's place: maximised metrics are negated.
/// @error Error  the candidate has no such metric
Point point_of(const Candidate& candidate, const std::vector<Objective>& objectives);

/// No worse anywhere and better somewhere.
bool dominates(const Point& a, const Point& b);

/// Indices of the points that no other point dominates, in their order. Equal points stay together.
std::vector<std::size_t> pareto_front(const std::vector<Point>& points);

/// Rank of every point: 0 for the front, 1 for the front of the rest, ... (Deb et al. 2002, NSGA-II).
std::vector<int> nondominated_ranks(const std::vector<Point>& points);

/// How lonely each point is among these: the sum over objectives of the gap between its neighbours as a share of the
/// range; infinite at the ends (NSGA-II's crowding distance).
std::vector<double> crowding_distances(const std::vector<Point>& points);

/// Volume that the points dominate up to `reference`, exact for any number of objectives (by slices; meant for fronts
/// of hundreds of points and two to four objectives). Points beyond the reference count nothing.
double hypervolume(const std::vector<Point>& points, const Point& reference);

}  // namespace thimble
