#pragma once
#include <cstdint>

namespace thimble {

/// A row-major matrix, or its transpose; `stride` is the distance of rows in memory, so a slice of a larger one is one
/// too.
struct Matrix {
  const float* data;
  std::int64_t stride;
  bool transposed = false;
};

/// c [m,n] = a [m,k] * b [k,n], or += with `add`; float, rows of c `stride` apart. Where WorkerPool or SingleThreaded
/// lives: on the calling thread.
void multiply(std::int64_t m, std::int64_t n, std::int64_t k, Matrix a, Matrix b, float* c, std::int64_t stride,
              bool add = false);

}  // namespace thimble
