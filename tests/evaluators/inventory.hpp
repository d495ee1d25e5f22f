#pragma once
#include "deploy/code_inventory.hpp"
#include "deploy/kernels/thimble.h"

namespace thimble::test {

/// Code as a compiler might make it: every function 100 bytes with a frame of 16, nothing calls anything.
inline CodeInventory made_up_inventory() {
  CodeInventory inventory;
  inventory.compiler = "made up";
  inventory.model_bytes = 32;
  const auto add = [&](const std::string& symbol) {
    inventory.defined_in[symbol] = static_cast<int>(inventory.sections.size());
    CodeSection section;
    section.name = symbol;
    section.flash_bytes = 100;
    section.stack_bytes = 16;
    inventory.sections.push_back(section);
  };
  for (const char* symbol : {"Reset_Handler", "thimble_vectors", "thimble_fault", "thimble_run_layer"}) add(symbol);
  for (std::uint32_t id = 0; id < THIMBLE_KERNEL_COUNT; ++id) add(thimble_kernel_by_id(id)->name);
  return inventory;
}

}  // namespace thimble::test
