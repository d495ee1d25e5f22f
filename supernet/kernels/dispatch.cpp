#include <cstring>
#include <initializer_list>

#include "supernet/kernels/isa.hpp"

namespace thimble {

const Kernels* kernels(const char* name) {
#ifdef THIMBLE_X86_KERNELS
  if (std::strcmp(name, "avx512") == 0)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") ? &kAvx512Kernels : nullptr;
  if (std::strcmp(name, "avx2") == 0)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kAvx2Kernels : nullptr;
#endif
  return std::strcmp(name, "baseline") == 0 ? &kBaselineKernels : nullptr;
}

const Kernels& kernels() {
  static const Kernels* const best = [] {
    for (const char* name : {"avx512", "avx2"})
      if (const Kernels* found = kernels(name)) return found;
    return &kBaselineKernels;
  }();
  return *best;
}

}  // namespace thimble
