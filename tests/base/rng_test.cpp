#include "graph/base/rng.hpp"

#include <algorithm>

#include "graph/base/hash.hpp"
#include "graph/base/result.hpp"
#include "tests/catch.hpp"

using namespace thimble;

TEST_CASE("the same key gives the same numbers and another key others", "[base]") {
  Rng a{1, 2}, b{1, 2}, c{2, 1};
  const std::uint64_t first = a.next();
  CHECK(first == b.next());
  CHECK(first != c.next());
}

TEST_CASE("draws stay in their range and reach its ends", "[base]") {
  Rng rng{7};
  int low = 100, high = -100;
  for (int i = 0; i < 1000; ++i) {
    const int value = rng.between(-2, 2);
    low = std::min(low, value), high = std::max(high, value);
    CHECK(rng.uniform() < 1.0);
  }
  CHECK(low == -2);
  CHECK(high == 2);
}

TEST_CASE("a shuffle is a permutation", "[base]") {
  std::vector<int> values{0, 1, 2, 3, 4, 5, 6, 7};
  Rng rng{3};
  rng.shuffle(values);
  CHECK(values != std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
  std::sort(values.begin(), values.end());
  CHECK(values == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("hashes are the published ones", "[base]") {
  CHECK(crc32_of("123456789", 9) == 0xcbf43926u);  // the check value of CRC-32/ISO-HDLC
  CHECK(fnv1a64("a") == 0xaf63dc4c8601ec8cULL);    // FNV-1a test vector
  CHECK(to_hex(0xaf63dc4c8601ec8cULL) == "af63dc4c8601ec8c");
}

TEST_CASE("a result holds a value or an error, and says when it is asked for the other", "[base]") {
  const Result<int, std::string> good(3), bad(std::string("does not fit"));
  CHECK(*good == 3);
  CHECK(bad.error() == "does not fit");
  CHECK_FALSE(bad);
  CHECK_THROWS_AS(bad.value(), std::logic_error);
}
