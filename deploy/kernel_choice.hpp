#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "deploy/kernels/thimble.h"

namespace thimble {

/// What a plan prefers where several kernels compute one operator.
enum class PlanMode {
  kSpeed,  ///< the fastest
  kSize    ///< the smallest, weights and code together, that is not much slower
};

/// One way to compute a layer.
struct KernelOption {
  thimble_kernel_id kernel = THIMBLE_CONV2D;
  std::int64_t cycles = 0;  ///< comparable within one layer
  std::int64_t bytes = 0;   ///< of weights
};

/// Picks an option for each layer.
///
/// Without a budget, or within it, speed takes the fastest of each layer. Above the budget it begins with the smallest
/// and takes the options that save most cycles per byte while they fit; the code of a kernel counts once, so this is
/// done for every set of kernels that may be left out, and the fastest result is kept. Size begins with the smallest,
/// too, and takes such options until the model says that the whole is at most 1.5 times as slow as the fastest; of all
/// sets, the smallest result. The same layers give the same choice.
/// @param layers  the options of each layer, at least one, the operator's usual kernel first
/// @param budget  bytes of weights and code; 0: none. Where not even the smallest fits, the smallest is given.
/// @return an index into the options of each layer
std::vector<std::size_t> choose_kernels(const std::vector<std::vector<KernelOption>>& layers, PlanMode mode,
                                        std::int64_t budget);

}  // namespace thimble
