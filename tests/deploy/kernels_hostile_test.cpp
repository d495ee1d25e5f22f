#include <cstring>
#include <memory>

#include "deploy/kernels/thimble.h"
#include "graph/base/rng.hpp"
#include "tests/catch.hpp"
#include "tests/deploy/kernels_case.h"
#include "tests/deploy/kernels_cases.hpp"

using namespace thimble;

namespace {

constexpr std::size_t kGuard = 4096;

/// A sound layer's words with some of them made wrong: near their value, at the ends of their range, or anything.
void spoil(Rng& rng, std::uint32_t* words) {
  for (int i = rng.between(1, 4); i > 0; --i) {
    std::uint32_t& word = words[rng.between(0, THIMBLE_LAYER_WORDS - 1)];
    const int kind = rng.between(0, 4);
    if (kind == 0) word += static_cast<std::uint32_t>(rng.between(-2, 2));
    if (kind == 1) word = static_cast<std::uint32_t>(rng.between(0, 9));
    if (kind == 2) word = rng.pick(std::vector<std::uint32_t>{0, 1, 2, 127, 255, 65535, 0x80000000U, 0xffffffffU});
    if (kind == 3) word = 8U * static_cast<std::uint32_t>(rng.between(0, 400));
    if (kind == 4) word = static_cast<std::uint32_t>(rng.between(0, 300));
  }
}

/// Runs the layer if the checks take it, in memory of exactly the sizes that were promised.
/// @return whether it ran
bool run_if_sound(Rng& rng, const std::uint32_t* words, std::uint32_t weight_bytes, std::uint32_t arena_bytes) {
  thimble_layer layer{};
  if (thimble_layer_from_words(&layer, words) != THIMBLE_OK) return false;
  const std::unique_ptr<std::uint32_t[]> weights(new std::uint32_t[weight_bytes / 4]);  // for the sanitizer's eyes
  for (std::uint32_t i = 0; i < weight_bytes / 4; ++i) weights[i] = static_cast<std::uint32_t>(rng.between(0, 15));
  layer.weights = weight_bytes != 0 ? weights.get() : nullptr;
  std::vector<std::uint64_t> memory(arena_bytes / 8 + 2 * kGuard / 8, 0xa5a5a5a5a5a5a5a5U);
  auto* arena = reinterpret_cast<std::int8_t*>(memory.data()) + kGuard;
  if (thimble_check_layer(words[0], &layer, weight_bytes, arena, arena_bytes) != THIMBLE_OK) return false;
  thimble_run(&layer, 1, arena);
  for (std::size_t i = 0; i < kGuard / 8; ++i) {
    REQUIRE(memory[i] == 0xa5a5a5a5a5a5a5a5U);
    REQUIRE(memory[memory.size() - 1 - i] == 0xa5a5a5a5a5a5a5a5U);
  }
  return true;
}

}  // namespace

TEST_CASE("no layer from a wire makes a kernel leave its memory", "[deploy][kernels][hostile]") {
  Rng rng({99});
  int ran = 0, refused = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    const auto kernel = static_cast<thimble_kernel_id>(trial % THIMBLE_KERNEL_COUNT);
    const test::KernelCase one = test::random_case(kernel, rng.chance(0.5), static_cast<std::uint64_t>(trial / THIMBLE_KERNEL_COUNT % 150));
    const auto* record = reinterpret_cast<const kernels_case*>(one.record.data());
    std::uint32_t words[THIMBLE_LAYER_WORDS];
    std::memcpy(words, record->layer, sizeof words);
    spoil(rng, words);
    const std::uint32_t arena_bytes = (record->arena_bytes + 7) / 8 * 8;
    INFO(one.name << ", trial " << trial);
    ++(run_if_sound(rng, words, 4 * record->weight_words, arena_bytes) ? ran : refused);
  }
  CHECK(ran > 1000);
  CHECK(refused > 1000);
}

TEST_CASE("every kernel's own layers pass the checks for layers from a wire, with no byte of weights to spare",
          "[deploy][kernels][hostile]") {
  for (int trial = 0; trial < 40 * THIMBLE_KERNEL_COUNT; ++trial) {
    const auto kernel = static_cast<thimble_kernel_id>(trial % THIMBLE_KERNEL_COUNT);
    const test::KernelCase one = test::random_case(kernel, trial % 2 != 0, static_cast<std::uint64_t>(trial));
    const auto* record = reinterpret_cast<const kernels_case*>(one.record.data());
    std::vector<std::uint64_t> arena(record->arena_bytes / 8 + 1);
    thimble_layer layer{};
    REQUIRE(thimble_layer_from_words(&layer, record->layer) == THIMBLE_OK);
    const std::uint32_t word = 0;
    layer.weights = &word;
    const auto check = [&](std::uint32_t weight_bytes) {
      return thimble_check_layer(kernel, &layer, weight_bytes, reinterpret_cast<std::int8_t*>(arena.data()),
                                 record->arena_bytes);
    };
    INFO(one.name);
    CHECK(check(4 * record->weight_words) == THIMBLE_OK);
    if (record->weight_words > 0) CHECK(check(4 * record->weight_words - 4) == THIMBLE_BAD_LAYER);
  }
}
