#pragma once
#include <functional>
#include <string>

#include "search/space/subnet.hpp"

namespace thimble {

/// Whether a subnet meets the target's limits, and how far off it is.
struct Fit {
  double excess = 0;   ///< largest overrun as a share of its limit: 0.25 = needs 125 % of it; 0 or less: it fits
  std::string reason;  ///< what does not fit, for people: "peak SRAM 300 KB of 256 KB"
  bool holds() const { return excess <= 0; }
};

/// Answers from the plan, at the subnet's best schedule. Must be a function of the subnet alone, and callable from
/// several threads where a caller says that it uses some.
using FitCheck = std::function<Fit(const Subnet&)>;

}  // namespace thimble
