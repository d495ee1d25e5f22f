#pragma once
#include <cstdint>
#include <vector>

#include "deploy/plan.hpp"

namespace thimble {

/// A plan's layers as a deployed model holds them (deploy/kernels/layer_table.h).
struct LayerTable {
  std::vector<thimble_kernel_id> kernels;          ///< that the plan uses, ascending
  std::vector<std::vector<std::uint16_t>> layers;  ///< the halfwords of each

  std::int64_t flash_bytes() const;  ///< of the target: halfwords and pointers to kernels, each rounded up to 4
};

/// @param layers  those of the plan's steps: the plan's own, or the same with a graph's quantisation; the table's size
///                does not depend on which
LayerTable layer_table(const Plan& plan, const std::vector<thimble_layer>& layers);
LayerTable layer_table(const Plan& plan);

}  // namespace thimble
