#pragma once
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "search/space/space.hpp"

namespace thimble {

/// How many of the largest values of each choice a phase draws from; 1 holds the choice at its largest.
struct Elastic {
  static constexpr int kAll = std::numeric_limits<int>::max();
  int resolution = kAll;
  int kernel = kAll;
  int depth = kAll;
  int expansion = kAll;
  int width = kAll;

  static Elastic largest() { return {kAll, 1, 1, 1, 1}; }  ///< the largest subnet, at every resolution
};

/// The part of a space that a phase draws from.
SearchSpace narrowed(const SearchSpace& space, const Elastic& elastic);

/// A part of a training, with a learning rate that warms up and falls to 0.
struct Phase {
  static constexpr std::string_view kInPlace = "in_place";

  std::string name = "sampled";
  double share = 1;            ///< of the recipe's passes, relative to the other phases'
  Elastic elastic;             ///< what it draws
  bool sandwich = false;       ///< every step: the largest, the smallest and random ones between
  int subnets_per_step = 1;    ///< all of a step see one batch at one random resolution; the mean of their gradients
  double learning_rate = 1;    ///< peak, as a factor on the recipe's
  bool sort_channels = false;  ///< first: hidden channels by L1 norm, so that smaller expansions keep the best
  double distillation = 0;     ///< share of the loss that follows the teacher's answers, [0, 1]
  std::string teacher;         ///< "in_place": the step's largest (with sandwich); else an earlier phase, whose largest
                               ///< subnet teaches with the weights at that phase's end
};

/// MCUNet's (Lin et al. 2020, appendix D): the largest subnet alone, then four random ones a step for twice as many
/// steps.
std::vector<Phase> mcunet_phases();

}  // namespace thimble
