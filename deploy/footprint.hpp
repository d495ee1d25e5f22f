#pragma once
#include <cstdint>

#include "deploy/code_inventory.hpp"
#include "deploy/plan.hpp"

namespace thimble {

/// Memory of the firmware that a plan becomes, to the byte: what the linker will place, without the known-answer test.
struct Footprint {
  std::int64_t arena_bytes = 0;   ///< input, output and scratch included
  std::int64_t static_bytes = 0;  ///< other variables of the runtime
  std::int64_t stack_bytes = 0;   ///< bound over all calls, with one exception on top
  std::int64_t weight_bytes = 0;  ///< constants of all layers
  std::int64_t code_bytes = 0;    ///< kernels that are used, runtime, start-up, layer table

  std::int64_t peak_sram_bytes() const { return arena_bytes + static_bytes + stack_bytes; }
  std::int64_t flash_bytes() const { return weight_bytes + code_bytes; }
};

/// @error Error  a kernel of the plan is not in the inventory
Footprint footprint(const Plan& plan, const CodeInventory& inventory);

/// C functions that the plan's layers name, each once, in the order of their ids.
std::vector<std::string> kernels_of(const Plan& plan);
/// Sections that a firmware of the plan links, besides the generated model.
std::vector<int> linked_sections(const Plan& plan, const CodeInventory& inventory);

}  // namespace thimble
