#pragma once
#include <cstdint>
#include <optional>

#include "graph/base/rng.hpp"
#include "search/space/subnet.hpp"

namespace thimble {

/// Random subnets of a space, every choice uniform and independent, in an order that seed and stream alone decide.
class RandomSubnets {
 public:
  /// @param space      outlives this
  /// @param stream     what they are for: other streams give other subnets
  /// @param most_idle  draws in a row that bring nothing before the space counts as exhausted
  RandomSubnets(const SearchSpace& space, std::uint64_t seed, std::uint64_t stream, int most_idle)
      : space_(space), seed_(seed), stream_(stream), most_idle_(most_idle) {}

  /// The next subnet that `takes(subnet)` is true of; nothing where most_idle in a row were refused. A later call goes
  /// on behind them.
  template <class Takes>
  std::optional<Subnet> next(const Takes& takes) {
    for (int idle = 0; idle < most_idle_; ++idle) {
      Rng rng({seed_, stream_, drawn_++});
      Subnet subnet = sample(space_, rng);
      if (takes(subnet)) return subnet;
    }
    return std::nullopt;
  }

 private:
  const SearchSpace& space_;
  std::uint64_t seed_, stream_;
  int most_idle_;
  std::uint64_t drawn_ = 0;
};

}  // namespace thimble
