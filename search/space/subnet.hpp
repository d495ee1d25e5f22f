#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/base/result.hpp"
#include "graph/base/rng.hpp"
#include "graph/graph.hpp"
#include "search/space/space.hpp"

namespace thimble {

struct BlockChoice {
  int kernel_size = 3;
  int expansion_ratio = 3;
  bool operator==(const BlockChoice&) const = default;
};

/// One choice in a space (the genotype): only what is active, so equal networks are equal subnets.
struct Subnet {
  int resolution = 0;
  double width_multiplier = 1.0;
  std::vector<std::vector<BlockChoice>> stages;  ///< [stage][block]; the depth is the inner length
  bool operator==(const Subnet&) const = default;
};

/// Stable text form, safe in a shell and in a file name: `r64-w0.5-k3e4.k5e3-k7e6`; stages parted by `-`, blocks by
/// `.`.
std::string to_text(const Subnet& subnet);
/// The subnet of a text form, if it is one and lies in `space`; else the reason.
Result<Subnet, std::string> parse_subnet(std::string_view text, const SearchSpace& space);
/// Why a subnet is not in a space; empty if it is.
std::string why_outside(const Subnet& subnet, const SearchSpace& space);

Subnet sample(const SearchSpace& space, Rng& rng);  ///< every choice uniform and independent
Subnet largest(const SearchSpace& space);
Subnet smallest(const SearchSpace& space);
/// Each gene (a stage's depth, a block's kernel size, a block's expansion ratio) is drawn anew with `probability`,
/// resolution and width with `outer_probability`. Blocks that a greater depth adds are drawn.
Subnet mutate(const Subnet& parent, const SearchSpace& space, double probability, double outer_probability, Rng& rng);
/// Each gene from either parent with equal chance (uniform crossover). A block that only one parent has comes from it.
Subnet crossover(const Subnet& a, const Subnet& b, Rng& rng);

/// The subnet as a graph without weights: float32, NHWC, batch norms folded into bias, explicit padding of (k-1)/2.
///
/// Operator names are stable and shared with supernet/: "stem", "first.dw", "first.project", "stageS.blockB.expand",
/// ".dw", ".project", ".add", "pool", "classifier" (S and B count from 1). Weights and biases are constant tensors
/// without data, named OPERATOR + ".weights" and ".bias"; an operator's output bears the operator's name. ReLU6 is the
/// activation of stem, expand and dw. The output of the classifier is [1, classes], logits, no softmax.
Graph to_graph(const SearchSpace& space, const Subnet& subnet);

/// The same as macs(to_graph(...)) and params(to_graph(...)), hundreds of times faster.
std::int64_t macs(const SearchSpace& space, const Subnet& subnet);
std::int64_t params(const SearchSpace& space, const Subnet& subnet);

}  // namespace thimble
