#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "search/space/evaluator.hpp"

namespace thimble {

/// How subnets to try are chosen: ask for some, evaluate them, tell what was found.
///
/// The same seed and the same answers give the same questions, so a search is resumed by asking again from the start
/// and answering from the store.
class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual std::string_view name() const = 0;
  /// The next generation; never a subnet that was asked before. Fewer than wanted, or none, when the space is
  /// exhausted.
  virtual std::vector<Subnet> ask() = 0;
  /// Metrics of what was asked (rejected candidates included).
  virtual void tell(std::span<const Candidate> candidates) = 0;
};

}  // namespace thimble
