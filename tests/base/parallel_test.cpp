#include "graph/base/parallel.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

#include "tests/catch.hpp"

using namespace thimble;

TEST_CASE("every index is worked on once, by any number of threads", "[base][parallel]") {
  const int threads = GENERATE(0, 1, 3, 200);
  std::vector<int> calls(100, 0);
  parallel_for(100, threads, [&](int i) { ++calls[static_cast<std::size_t>(i)]; });
  CHECK(calls == std::vector<int>(100, 1));
  parallel_for(0, threads, [](int) { throw std::logic_error("there is no work"); });
}

TEST_CASE("the exception of the lowest index is thrown on, and ends the others", "[base][parallel]") {
  const int threads = GENERATE(1, 4);
  std::atomic<int> calls = 0;
  const auto work = [&](int i) {
    ++calls;
    if (i < 10) return;
    if (i == 10) std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the others fail first
    throw std::runtime_error(std::to_string(i));
  };
  CHECK_THROWS_WITH(parallel_for(100000, threads, work), "10");
  CHECK(calls <= 10 + threads);
}
