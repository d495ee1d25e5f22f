#include "supernet/phase_subnets.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kSubnetStream = 0x5b9e7;

}  // namespace

std::vector<Subnet> subnets_of_step(const SearchSpace& part, const Phase& phase, std::uint64_t seed, int step) {
  Rng rng({seed, kSubnetStream, static_cast<std::uint64_t>(step)});
  const int resolution = rng.pick(part.resolutions);
  std::vector<Subnet> subnets;
  for (int i = 0; i < phase.subnets_per_step; ++i) {
    const bool extreme = phase.sandwich && i < 2;
    subnets.push_back(!extreme ? sample(part, rng) : i == 0 ? largest(part) : smallest(part));
    subnets.back().resolution = resolution;
  }
  return subnets;
}

}  // namespace thimble
