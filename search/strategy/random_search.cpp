#include "search/strategy/random_search.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kStream = 0x52414e444f4d;  // "RANDOM"

}  // namespace

RandomSearch::RandomSearch(const SearchSpace& space, const RandomSearchConfig& config, FitCheck fits)
    : config_(config), draws_(space, std::move(fits), config.max_rejections) {}

std::vector<Subnet> RandomSearch::ask() {
  Rng rng({config_.seed, kStream, generation_++});
  std::vector<Subnet> subnets;
  while (static_cast<int>(subnets.size()) < config_.population) {
    std::optional<Subnet> subnet = draws_.draw_sample(rng);
    if (!subnet) break;
    subnets.push_back(std::move(*subnet));
  }
  if (!draws_.found_any()) draws_.throw_nothing_fits();
  return subnets;
}

void RandomSearch::tell(std::span<const Candidate> candidates) {
  for (const Candidate& candidate : candidates) draws_.mark_seen(candidate.subnet);
}

}  // namespace thimble
