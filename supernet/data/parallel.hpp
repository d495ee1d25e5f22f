#pragma once
#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

namespace thimble {

/// Calls work(i) for every i in [0, count), on `threads` threads, each a contiguous range. The first exception is
/// thrown on. Work must not depend on the order.
template <class Work>
void parallel_for(int count, int threads, const Work& work) {
  threads = std::clamp(threads, 1, std::max(1, count));
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(threads));
  const auto run = [&](int part) {
    const int first = static_cast<int>(static_cast<long long>(count) * part / threads);
    const int last = static_cast<int>(static_cast<long long>(count) * (part + 1) / threads);
    try {
      for (int i = first; i < last; ++i) work(i);
    } catch (...) {
      failures[static_cast<std::size_t>(part)] = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int part = 1; part < threads; ++part) workers.emplace_back(run, part);
    run(0);
  }
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace thimble
