#define THIMBLE_KERNELS kBaselineKernels
#define THIMBLE_KERNELS_NAME "baseline"
#define THIMBLE_LANES 8
#include "supernet/kernels/kernels_impl.hpp"
