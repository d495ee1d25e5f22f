#include "supernet/kernels/gemm.hpp"

#include <dnnl.h>

#include "graph/base/check.hpp"

namespace thimble {

void multiply(std::int64_t m, std::int64_t n, std::int64_t k, Matrix a, Matrix b, float* c, std::int64_t stride,
              bool add) {
  const dnnl_status_t status = dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', m, n, k, 1.0f, a.data,
                                          a.stride, b.data, b.stride, add ? 1.0f : 0.0f, c, stride);
  THIMBLE_CHECK(status == dnnl_success, "dnnl_sgemm failed");
}

}  // namespace thimble
