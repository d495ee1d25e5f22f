#pragma once
#include <string>

namespace thimble {

/// Instructions of a core for which there are kernels with weights of their own layout. What all cores' kernels share,
/// these choose among by themselves when they are compiled.
enum class Isa {
  kPortable,
  kMve  ///< the vector extension of Armv8.1-M
};

/// @param cpu  as -mcpu= takes it
inline Isa isa_of(const std::string& cpu) {
  return cpu == "cortex-m55" || cpu == "cortex-m85" ? Isa::kMve : Isa::kPortable;
}

}  // namespace thimble
