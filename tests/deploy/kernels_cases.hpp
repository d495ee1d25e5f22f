#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "deploy/kernels/thimble.h"
#include "graph/graph.hpp"

namespace thimble::test {

/// A random layer that one kernel runs, in an arena of random bytes, with the outputs of the plain reference.
struct KernelCase {
  std::string name;
  thimble_kernel_id kernel = THIMBLE_CONV2D;
  Graph graph;                        ///< of this one operator
  std::vector<std::uint32_t> record;  ///< kernels_case.h
};

/// @param in_place  the output lies over the input (add: over one of the operands)
KernelCase random_case(thimble_kernel_id kernel, bool in_place, std::uint64_t seed);

/// `count` records of every kernel, in place and not, one after the other.
std::vector<std::uint32_t> all_records(int count, std::uint64_t seed);

}  // namespace thimble::test
