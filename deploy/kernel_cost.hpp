#pragma once
#include <bitset>
#include <cstdint>

#include "deploy/kernels/thimble.h"

namespace thimble {

// What a kernel costs, from shapes alone: data by which a plan chooses among the kernels of an operator. Sizes that are
// reported or checked come from the compiler (deploy/code_inventory.hpp), times from a board.

using KernelSet = std::bitset<THIMBLE_KERNEL_COUNT>;

/// Modelled Cortex-M4 cycles of a layer with weights: within some ten percent, and in the right order for the kernels
/// of one layer; 0 for kernels that are the only ones of their operator.
std::int64_t modelled_cycles(thimble_kernel_id kernel, const thimble_layer& layer);

/// Bytes of code that some kernels bring into a firmware, about; what they share counts once.
std::int64_t code_bytes(const KernelSet& kernels);
std::int64_t code_bytes(thimble_kernel_id kernel);

}  // namespace thimble
