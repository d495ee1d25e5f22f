#pragma once
#include <cstdint>

#include "deploy/kernels/thimble.h"

namespace thimble {

// What a kernel costs, from shapes alone: data by which a plan chooses among the kernels of an operator. Sizes that are
// reported or checked come from the compiler (deploy/code_inventory.hpp), times from a board.

/// Modelled Cortex-M4 cycles of a convolution, within a few percent on the layers they were fitted to, and in the right
/// order for the kernels of one layer; 0 for kernels that are the only ones of their operator.
std::int64_t modelled_cycles(thimble_kernel_id kernel, const thimble_layer& layer);

/// Bytes of code that a kernel brings into a firmware whose other layers do not use it, about.
std::int64_t code_bytes(thimble_kernel_id kernel);

}  // namespace thimble
