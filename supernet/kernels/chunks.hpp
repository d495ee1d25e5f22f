#pragma once
#include <cstdint>

namespace thimble {

/// Calls work(i) for i in [0, count) on the OpenMP threads. What is summed over must be summed per i and then in order:
/// so results do not depend on the number of threads.
template <class Work>
void for_chunks(int count, const Work& work) {
#pragma omp parallel for schedule(static) if (count > 1)
  for (int i = 0; i < count; ++i) work(i);
}

/// A fixed partition of rows.
struct RowChunks {
  std::int64_t rows;
  int count;

  explicit RowChunks(std::int64_t all)
      : rows(all),
        count(all < 1024       ? 1
              : all < 16 * 512 ? static_cast<int>(all / 512)
                               : 16) {}
  std::int64_t first(int i) const { return rows * i / count; }
  std::int64_t size(int i) const { return first(i + 1) - first(i); }
};

}  // namespace thimble
