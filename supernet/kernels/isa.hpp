#pragma once
#include "supernet/kernels/kernels.hpp"

namespace thimble {

// One per kernels_*.cpp: the same code, compiled for another instruction set.
extern const Kernels kBaselineKernels;
#ifdef THIMBLE_X86_KERNELS
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#endif

}  // namespace thimble
