#pragma once
#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace thimble {

/// Calls work(i) for every i in [0, count), on up to `threads` threads; whoever is free takes the next i. Work must not
/// depend on the order.
///
/// Nothing new is begun after an exception. The one of the lowest i is thrown on: since indices are handed out in
/// order, all below a failing one have been begun, and it is the same for any number of threads.
template <class Work>
void parallel_for(int count, int threads, const Work& work) {
  std::atomic<int> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  int failed = count;
  const auto run = [&] {
    for (int i; (i = next++) < count;) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        next = count;
        if (i < failed) {
          failed = i;
          failure = std::current_exception();
        }
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int t = 1; t < std::min(threads, count); ++t) workers.emplace_back(run);
    run();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace thimble
