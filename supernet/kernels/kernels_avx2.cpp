#define THIMBLE_KERNELS kAvx2Kernels
#define THIMBLE_KERNELS_NAME "avx2"
#define THIMBLE_LANES 8
#include "supernet/kernels/kernels_impl.hpp"
