#include "search/strategy/feasible_draws.hpp"

#include "graph/base/error.hpp"

namespace thimble {
namespace {

constexpr int kSamplesInVain = 20;  ///< in a row, before mutants of subnets that fit are tried too
constexpr double kMutation = 0.3;

}  // namespace

FeasibleDraws::FeasibleDraws(SearchSpace space, FitCheck fits, int max_rejections)
    : space_(std::move(space)), fits_(std::move(fits)), max_rejections_(max_rejections) {}

void FeasibleDraws::mark_seen(const Subnet& subnet) { seen_.insert(to_text(subnet)); }

bool FeasibleDraws::accept(const Subnet& subnet) {
  if (!seen_.insert(to_text(subnet)).second) return false;
  ++checked_;
  const Fit fit = fits_(subnet);
  if (fit.holds()) {
    fitting_.push_back(subnet);
    return true;
  }
  if (!nearest_miss_ || fit.excess < nearest_miss_->excess) {
    nearest_miss_ = fit;
    nearest_ = subnet;
  }
  return false;
}

std::optional<Subnet> FeasibleDraws::draw(int tries, const std::function<Subnet()>& proposal) {
  for (int i = 0; i < tries; ++i) {
    Subnet subnet = proposal();
    if (accept(subnet)) return subnet;
  }
  return std::nullopt;
}

std::optional<Subnet> FeasibleDraws::draw_sample(Rng& rng) {
  int in_vain = 0;
  const auto proposal = [&] {
    if (++in_vain == kSamplesInVain) return smallest(space_);
    if (in_vain > kSamplesInVain && in_vain % 2 == 0 && found_any())
      return mutate(rng.pick(fitting_), space_, kMutation, kMutation, rng);
    return sample(space_, rng);
  };
  return draw(max_rejections_, proposal);
}

void FeasibleDraws::throw_nothing_fits() const {
  std::string message =
      "none of " + std::to_string(checked_) + " subnets of space \"" + space_.name + "\" meets the limits";
  if (nearest_miss_) message += "; the nearest miss, " + to_text(nearest_) + ": " + nearest_miss_->reason;
  throw DoesNotFitError(message);
}

}  // namespace thimble
