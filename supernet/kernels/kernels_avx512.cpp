#define THIMBLE_KERNELS kAvx512Kernels
#define THIMBLE_KERNELS_NAME "avx512"
#define THIMBLE_LANES 16
#include "supernet/kernels/kernels_impl.hpp"
