#include "graph/base/hash.hpp"
#include "graph/base/rng.hpp"
#include "profiler/probe_session.hpp"
#include "tests/catch.hpp"
#include "tests/profiler/fake_board.hpp"

using namespace thimble;
using thimble::test::FakeBoard;
using thimble::test::small_plan;
using Bytes = std::vector<std::uint8_t>;

namespace {

Bytes random_bytes(Rng& rng, std::size_t size, int zeros_in_ten) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes)
    byte = rng.chance(zeros_in_ten / 10.0) ? 0 : static_cast<std::uint8_t>(rng.below(256));
  return bytes;
}

/// Everything a session does, over `board` as it is.
Result<ProbeRun, ProbeFailure> converse(FakeBoard& board, double deadline_s = 20) {
  const Deadline deadline(deadline_s);
  ProbeSession session(board);
  const auto hello = session.hello(deadline);
  if (!hello) return hello.error();
  const auto loaded = session.load(small_plan(), deadline);
  if (!loaded) return loaded.error();
  return session.run({.runs = 3}, deadline);
}

ProbeFailure refused(FakeBoard& board, const ProbePlan& plan) {
  const Deadline deadline(10);
  ProbeSession session(board);
  REQUIRE(session.hello(deadline));
  const auto loaded = session.load(plan, deadline);
  REQUIRE_FALSE(loaded);
  CHECK(session.state() == SessionState::kReady);
  return loaded.error();
}

}  // namespace

TEST_CASE("COBS keeps zeros out of a frame and gives every byte back", "[profiler][protocol]") {
  Rng rng{1};
  for (std::size_t size : {0, 1, 2, 253, 254, 255, 256, 508, 509, 4100}) {
    for (int zeros : {0, 1, 5, 10}) {
      const Bytes bytes = random_bytes(rng, size, zeros);
      Bytes encoded(size + size / 254 + 1);
      encoded.resize(probe_cobs_encode(bytes.data(), size, encoded.data()));
      CHECK(std::find(encoded.begin(), encoded.end(), 0) == encoded.end());
      const std::size_t decoded = probe_cobs_decode(encoded.data(), encoded.size());
      CHECK(Bytes(encoded.begin(), encoded.begin() + static_cast<std::ptrdiff_t>(decoded)) == bytes);
    }
  }
}

TEST_CASE("a word survives the way through a varint, and small ones of either sign are short", "[profiler][protocol]") {
  std::uint8_t bytes[5];
  for (const std::uint32_t word : {0u, 1u, 63u, 64u, 8191u, 0x7fffffffu, 0x80000000u, 0xffffffffu, 0xffffff80u}) {
    const std::size_t size = probe_put_varint(bytes, word);
    std::uint32_t back = 0;
    CHECK(probe_get_varint(bytes, size, &back) == size);
    CHECK(back == word);
    CHECK(probe_get_varint(bytes, size - 1, &back) == 0);
  }
  CHECK(probe_put_varint(bytes, 63) == 1);
  CHECK(probe_put_varint(bytes, 0xffffffc0u) == 1);  // -64
  CHECK(probe_put_varint(bytes, 64) == 2);
}

TEST_CASE("the probe's checksum is zlib's", "[profiler][protocol]") {
  CHECK(probe_crc32(reinterpret_cast<const std::uint8_t*>("123456789"), 9) == 0xcbf43926u);
  CHECK(crc32_of("123456789", 9) == 0xcbf43926u);
}

TEST_CASE("a session over a good wire loads a plan and runs it", "[profiler][protocol]") {
  FakeBoard board;
  const Deadline deadline(10);
  ProbeSession session(board);
  const auto hello = session.hello(deadline);
  REQUIRE(hello);
  CHECK(hello->state.cpuid == 0xfa4e);
  CHECK(hello->max_layers == 512);
  REQUIRE(session.load(small_plan(), deadline));
  const auto total = session.run({.runs = 3}, deadline);
  REQUIRE(total);
  CHECK(total->regions == 3);
  CHECK(total->stack_bytes == 96);
  const auto layers = session.run({.mode = PROBE_PER_LAYER}, deadline);
  REQUIRE(layers);
  CHECK(layers->regions == 2);
  CHECK(board.regions().size() == 5);
  CHECK(session.state() == SessionState::kMeasured);
}

TEST_CASE("a changed bit anywhere in a request is noticed, and the request sent again", "[profiler][protocol]") {
  const std::size_t bits = 8 * encode_frame(PROBE_RUN, 7, Bytes(12)).size();
  FakeBoard board;
  const Deadline deadline(60);
  ProbeSession session(board);
  REQUIRE(session.hello(deadline));
  REQUIRE(session.load(small_plan(), deadline));
  for (std::size_t bit = 8; bit < bits; ++bit) {  // the first byte is the zero before the frame
    bool changed = false;
    board.to_board = [&](Bytes bytes) {
      if (!changed && bit / 8 < bytes.size()) bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      // The end of a frame that was lost is the zero that begins the next one.
      changed = true;
      return bytes;
    };
    const auto run = session.run({.runs = 1}, deadline);
    REQUIRE(run);
    CHECK(run->regions == 1);
  }
  CHECK(board.regions().size() == bits - 8);  // each run once
}

TEST_CASE("a changed bit anywhere in an answer is noticed, and nothing is run twice", "[profiler][protocol]") {
  FakeBoard board;
  const Deadline deadline(60);
  ProbeSession session(board);
  REQUIRE(session.hello(deadline));
  REQUIRE(session.load(small_plan(), deadline));
  const std::size_t bits = 8 * encode_frame(PROBE_RUN, 7, Bytes(12)).size();
  for (std::size_t bit = 8; bit + 8 < bits; ++bit) {
    bool changed = false;
    board.from_board = [&](Bytes bytes) {
      if (!changed && bit / 8 < bytes.size()) bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      changed = true;
      return bytes;
    };
    const auto run = session.run({.runs = 1}, deadline);
    REQUIRE(run);
    CHECK(run->regions == 1);
    CHECK(run->stack_bytes == 96);
  }
  CHECK(board.regions().size() == bits - 16);
}

TEST_CASE("requests that are cut short, sent twice or drowned in noise end in the right answer",
          "[profiler][protocol]") {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    FakeBoard board;
    Rng rng{2, seed};
    board.to_board = [&](Bytes bytes) {
      switch (rng.below(5)) {
        case 0:
          bytes.resize(rng.below(bytes.size()));
          break;
        case 1:
          bytes.insert(bytes.end(), bytes.begin(), bytes.end());
          break;
        case 2: {
          const Bytes noise = random_bytes(rng, 300, 1);
          bytes.insert(bytes.begin(), noise.begin(), noise.end());
          break;
        }
        default:
          break;
      }
      return bytes;
    };
    const auto run = converse(board);
    REQUIRE(run);
    CHECK(run->regions == 3);
    CHECK(board.regions().size() == 3);
  }
}

TEST_CASE("answers that are lost, cut short or come twice end in the right answer", "[profiler][protocol]") {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    FakeBoard board;
    Rng rng{3, seed};
    board.from_board = [&](Bytes bytes) {
      switch (rng.below(4)) {
        case 0:
          bytes.resize(rng.below(bytes.size()));
          break;
        case 1:
          bytes.insert(bytes.end(), bytes.begin(), bytes.end());
          break;
        default:
          break;
      }
      return bytes;
    };
    const auto run = converse(board);
    REQUIRE(run);
    CHECK(run->regions == 3);
    CHECK(board.regions().size() == 3);
  }
}

TEST_CASE("a cold run finds empty caches, a warm one full ones", "[profiler][protocol]") {
  const auto [fake, cache, cycles] = GENERATE(table<std::string, probe_cache, std::uint64_t>({
      {"caches", PROBE_WARM, 1000},
      {"caches", PROBE_COLD, 5000},
      {"", PROBE_WARM, 1000},
      {"", PROBE_COLD, 1000},
  }));
  CAPTURE(fake, cache);
  FakeBoard board(fake);
  const Deadline deadline(10);
  ProbeSession session(board);
  const auto hello = session.hello(deadline);
  REQUIRE(hello);
  CHECK(hello->state.has_caches() == (fake == "caches"));
  CHECK(hello->state.flash_wait_states == 3);
  REQUIRE(session.load(small_plan(), deadline));
  REQUIRE(session.run({.runs = 3, .cache = cache}, deadline));
  REQUIRE(session.run({.mode = PROBE_PER_LAYER, .cache = cache}, deadline));
  const std::vector<RegionCount> regions = board.regions();
  REQUIRE(regions.size() == 3 + 2);  // what warms them up is not timed
  for (const RegionCount& region : regions) CHECK(region.cycles == cycles);
}

TEST_CASE("a state of the caches that there is not is refused", "[profiler][protocol]") {
  FakeBoard board;
  const Deadline deadline(10);
  ProbeSession session(board);
  REQUIRE(session.hello(deadline));
  REQUIRE(session.load(small_plan(), deadline));
  const auto run = session.run({.cache = static_cast<probe_cache>(2)}, deadline);
  REQUIRE_FALSE(run);
  CHECK(run.error().code == "bad_cache");
  CHECK(run.error().message == "the probe knows no caches in the state 2");
}

TEST_CASE("a board whose clock changes after the hello gives no number", "[profiler][protocol]") {
  FakeBoard board("unsteady");
  const auto run = converse(board);
  REQUIRE_FALSE(run);
  CHECK(run.error().code == "state_changed");
  CHECK(run.error().kind == FailureKind::kBoard);
}

TEST_CASE("a board whose state makes no sense is named", "[profiler][protocol]") {
  FakeBoard board("absurd");
  const auto run = converse(board);
  REQUIRE_FALSE(run);
  CHECK(run.error().code == "protocol_error");
  CHECK(run.error().message == "the probe's answer of 12 words makes no sense");  // 7 of the hello, 5 of the state
}

TEST_CASE("a probe that never answers is a timeout, and one that only makes noise is named", "[profiler][protocol]") {
  FakeBoard silent;
  silent.to_board = [](Bytes) { return Bytes(); };
  const auto timeout = converse(silent, 0.3);
  REQUIRE_FALSE(timeout);
  CHECK(timeout.error().code == "timeout");
  CHECK(timeout.error().kind == FailureKind::kBoard);

  FakeBoard noisy;
  Rng rng{4};
  noisy.from_board = [&](Bytes) {
    Bytes noise = random_bytes(rng, 40, 0);
    noise.push_back(0);
    return noise;
  };
  const auto noise = converse(noisy, 5);
  REQUIRE_FALSE(noise);
  CHECK(noise.error().code == "noise");
}

TEST_CASE("firmware of another protocol version is named", "[profiler][protocol]") {
  FakeBoard board;
  board.to_board = [](Bytes) {  // a sound frame of version 9
    Bytes body = {9, PROBE_HELLO, 1, 0, 0, 0, 0, 0};
    probe_put_word(body.data() + 4, probe_crc32(body.data(), 4));
    Bytes frame(12);
    frame.resize(1 + probe_cobs_encode(body.data(), body.size(), frame.data() + 1));
    frame.push_back(0);
    return frame;
  };
  const auto run = converse(board);
  REQUIRE_FALSE(run);
  CHECK(run.error().code == "wrong_version");
  CHECK(run.error().message ==
        "the probe's firmware speaks protocol version " + std::to_string(PROBE_PROTOCOL_VERSION) + "; flash it anew");
}

TEST_CASE("the probe names what is wrong with a plan", "[profiler][protocol]") {
  FakeBoard board;
  SECTION("a kernel that it does not have") {
    ProbePlan plan = small_plan();
    plan.layers[1].words[0] = 99;
    const ProbeFailure failure = refused(board, plan);
    CHECK(failure.code == "unknown_kernel");
    CHECK(failure.kind == FailureKind::kCandidate);
    CHECK(failure.message == "the probe has no kernel number 99");
    CHECK(failure.layer == 1);
  }
  SECTION("an arena larger than its own") {
    ProbePlan plan = small_plan();
    plan.arena_bytes = 2 << 20;
    CHECK(refused(board, plan).code == "arena_too_large");
    CHECK(refused(board, plan).message == "the probe's arena has 1048448 bytes");  // 1 MiB without both guards of 64
  }
  SECTION("a layer that leaves the arena") {
    ProbePlan plan = small_plan();
    plan.arena_bytes = 256;
    const ProbeFailure failure = refused(board, plan);
    CHECK(failure.code == "bad_layer");
    CHECK(failure.layer == 0);
  }
  SECTION("weights that no flash holds") {
    ProbePlan plan = small_plan();
    plan.layers[0].weight_bytes = 1 << 20;
    CHECK(refused(board, plan).code == "weights_too_large");
  }
  SECTION("more layers than it has room for") {
    ProbePlan plan = small_plan();
    plan.layers.resize(600, plan.layers[0]);
    CHECK(refused(board, plan).code == "too_many_layers");
  }
  CHECK(converse(board));  // and takes the next one
}
