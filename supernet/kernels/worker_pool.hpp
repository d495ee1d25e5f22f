#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace thimble {

/// Threads that share out the chunks of many short loops, a few thousand a second. Whoever is free takes the next
/// chunk, the caller included, so a worker that the system has put aside holds nobody up; idle workers spin for some
/// microseconds and then sleep. (OpenMP's fixed shares were up to 10x slower on a machine with other load.)
///
/// While it lives, for_chunks on the thread that made it uses it, and matrix products stay on the thread that calls
/// them.
class WorkerPool {
 public:
  explicit WorkerPool(int threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  static WorkerPool* current();  ///< of this thread; null: loops run inline

  using Call = void (*)(const void* work, int chunk);
  /// Calls call(work, i) for i in [0, count), count < 65536; the first exception is thrown on.
  void run(int count, const void* work, Call call);

 private:
  bool take_chunk(std::uint64_t ticket);
  void finish_chunk(const void* work, Call call, int chunk);
  void serve();

  // generation << 32 | count << 16 | next chunk. Only who advances it owns the chunk, and only then are work_ and call_
  // those of the generation: they are not replaced before all chunks are done.
  std::atomic<std::uint64_t> ticket_{0};
  std::atomic<const void*> work_{nullptr};
  std::atomic<Call> call_{nullptr};
  std::atomic<int> done_{0};
  std::atomic<bool> stop_{false};
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  WorkerPool* outer_;
  int outer_threads_;
  std::vector<std::jthread> workers_;
};

/// While it lives, matrix products of this thread stay on it.
class SingleThreaded {
 public:
  SingleThreaded();
  ~SingleThreaded();
  SingleThreaded(const SingleThreaded&) = delete;
  SingleThreaded& operator=(const SingleThreaded&) = delete;

 private:
  int before_;
};

/// Calls work(i) for i in [0, count), on the threads of WorkerPool::current(). What is summed over must be summed per i
/// and then in order: so results do not depend on the number of threads.
template <class Work>
void for_chunks(int count, const Work& work) {
  WorkerPool* pool = count > 1 ? WorkerPool::current() : nullptr;
  if (pool) return pool->run(count, &work, [](const void* self, int i) { (*static_cast<const Work*>(self))(i); });
  for (int i = 0; i < count; ++i) work(i);
}

/// A fixed partition of rows.
struct RowChunks {
  std::int64_t rows;
  int count;

  explicit RowChunks(std::int64_t all)
      : rows(all), count(all < 1024 ? 1 : static_cast<int>(std::min<std::int64_t>(all / 512, 16))) {}
  std::int64_t first(int i) const { return rows * i / count; }
  std::int64_t size(int i) const { return first(i + 1) - first(i); }
};

}  // namespace thimble
