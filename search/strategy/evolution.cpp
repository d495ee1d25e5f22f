#include "search/strategy/evolution.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace thimble {
namespace {

constexpr std::uint64_t kStream = 0x45564f4c5645;  // "EVOLVE"
constexpr int kChildTries = 500;

/// Crowding distance of every point among those of its own rank.
std::vector<double> crowding_within_ranks(const std::vector<Point>& points, const std::vector<int>& ranks) {
  std::vector<double> crowding(points.size(), 0.0);
  const int worst = points.empty() ? -1 : *std::max_element(ranks.begin(), ranks.end());
  for (int rank = 0; rank <= worst; ++rank) {
    std::vector<std::size_t> members;
    std::vector<Point> places;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (ranks[i] != rank) continue;
      members.push_back(i);
      places.push_back(points[i]);
    }
    const std::vector<double> distances = crowding_distances(places);
    for (std::size_t m = 0; m < members.size(); ++m) crowding[members[m]] = distances[m];
  }
  return crowding;
}

/// Order of preference; points come in a canonical order, which decides ties.
std::vector<std::size_t> best_first(const std::vector<Point>& points) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!points.empty() && points[0].size() == 1) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return points[a] < points[b]; });
    return order;
  }
  const std::vector<int> ranks = nondominated_ranks(points);
  const std::vector<double> crowding = crowding_within_ranks(points, ranks);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return ranks[a] != ranks[b] ? ranks[a] < ranks[b] : crowding[a] > crowding[b];
  });
  return order;
}

bool is_number(const Point& point) {
  return std::none_of(point.begin(), point.end(), [](double value) { return std::isnan(value); });
}

}  // namespace

Evolution::Evolution(const SearchSpace& space, const EvolutionConfig& config, FitCheck fits)
    : config_(config), draws_(space, std::move(fits), config.max_rejections) {}

Subnet Evolution::child(bool by_mutation, Rng& rng) const {
  const Subnet& parent = rng.pick(parents_).subnet;
  if (by_mutation)
    return mutate(parent, draws_.space(), config_.mutation_probability, config_.outer_mutation_probability, rng);
  return crossover(parent, rng.pick(parents_).subnet, rng);
}

std::vector<Subnet> Evolution::ask() {
  Rng rng({config_.seed, kStream, generation_++});
  const int mutants = static_cast<int>(std::lround(config_.population * config_.mutation_share));
  std::vector<Subnet> subnets;
  for (int i = 0; i < config_.population; ++i) {
    std::optional<Subnet> subnet;
    if (!parents_.empty()) subnet = draws_.draw(kChildTries, [&] { return child(i < mutants, rng); });
    // Parents that have become too alike breed nothing new: a sample takes the child's place.
    if (!subnet) subnet = draws_.draw_sample(rng);
    if (!subnet) break;
    subnets.push_back(std::move(*subnet));
  }
  if (!draws_.found_any() && parents_.empty()) draws_.throw_nothing_fits();
  return subnets;
}

void Evolution::tell(std::span<const Candidate> candidates) {
  for (const Candidate& candidate : candidates) {
    draws_.mark_seen(candidate.subnet);
    if (candidate.rejected) continue;
    Individual individual{candidate.subnet, to_text(candidate.subnet), point_of(candidate, config_.objectives)};
    std::erase_if(parents_, [&](const Individual& known) { return known.text == individual.text; });
    if (is_number(individual.point)) parents_.push_back(std::move(individual));
  }
  select_parents();
}

void Evolution::select_parents() {
  std::sort(parents_.begin(), parents_.end(), [](const Individual& a, const Individual& b) { return a.text < b.text; });
  std::vector<Point> points;
  for (const Individual& individual : parents_) points.push_back(individual.point);
  std::vector<Individual> best;
  for (std::size_t i : best_first(points)) {
    if (static_cast<int>(best.size()) == config_.parents) break;
    best.push_back(std::move(parents_[i]));
  }
  parents_ = std::move(best);
}

}  // namespace thimble
