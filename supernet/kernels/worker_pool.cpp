#include "supernet/kernels/worker_pool.hpp"

#include <omp.h>

#include <utility>

namespace thimble {
namespace {

constexpr int kSpins = 4000;  // some tens of microseconds

thread_local WorkerPool* current_pool = nullptr;

int chunk_of(std::uint64_t ticket) { return static_cast<int>(ticket & 0xffff); }
int count_of(std::uint64_t ticket) { return static_cast<int>((ticket >> 16) & 0xffff); }

void pause_spinning() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

WorkerPool::WorkerPool(int threads) : outer_(current_pool), outer_threads_(omp_get_max_threads()) {
  current_pool = this;
  omp_set_num_threads(1);  // oneDNN's matrix products ask OpenMP for their number of threads
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { serve(); });
}

WorkerPool::~WorkerPool() {
  stop_ = true;
  ticket_.fetch_add(std::uint64_t{1} << 32);
  ticket_.notify_all();
  workers_.clear();
  omp_set_num_threads(outer_threads_);
  current_pool = outer_;
}

WorkerPool* WorkerPool::current() { return current_pool; }

void WorkerPool::run(int count, const void* work, Call call) {
  work_.store(work, std::memory_order_relaxed);
  call_.store(call, std::memory_order_relaxed);
  done_.store(0, std::memory_order_relaxed);
  const std::uint64_t generation = (ticket_.load(std::memory_order_relaxed) >> 32) + 1;
  ticket_.store(generation << 32 | static_cast<std::uint64_t>(count) << 16, std::memory_order_release);
  if (!workers_.empty()) ticket_.notify_all();
  for (std::uint64_t ticket = ticket_; chunk_of(ticket) < count; ticket = ticket_) take_chunk(ticket);
  for (int spins = 0; done_.load(std::memory_order_acquire) < count; ++spins)
    spins < kSpins ? pause_spinning() : std::this_thread::yield();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

bool WorkerPool::take_chunk(std::uint64_t ticket) {
  const void* work = work_.load(std::memory_order_relaxed);
  const Call call = call_.load(std::memory_order_relaxed);
  if (!ticket_.compare_exchange_strong(ticket, ticket + 1, std::memory_order_acq_rel)) return false;
  finish_chunk(work, call, chunk_of(ticket));
  return true;
}

void WorkerPool::finish_chunk(const void* work, Call call, int chunk) {
  try {
    call(work, chunk);
  } catch (...) {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
  done_.fetch_add(1, std::memory_order_release);
}

void WorkerPool::serve() {
  omp_set_num_threads(1);
  for (int spins = 0; !stop_;) {
    const std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
    if (chunk_of(ticket) < count_of(ticket)) {
      take_chunk(ticket);
      spins = 0;
    } else if (++spins < kSpins) {
      pause_spinning();
    } else {
      ticket_.wait(ticket);
      spins = 0;
    }
  }
}

SingleThreaded::SingleThreaded() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
SingleThreaded::~SingleThreaded() { omp_set_num_threads(before_); }

}  // namespace thimble
