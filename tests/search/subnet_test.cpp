#include "search/space/subnet.hpp"

#include <algorithm>
#include <set>

#include "search/space/evaluator.hpp"
#include "search/space/random_subnets.hpp"
#include "tests/catch.hpp"
#include "tests/search/spaces.hpp"

using namespace thimble;

TEST_CASE("the text form of a subnet is short and read back", "[search][subnet]") {
  const SearchSpace space = test::tiny_space();
  const Subnet subnet{24, 0.5, {{{3, 4}, {7, 2}}, {{5, 3}}}};
  CHECK(to_text(subnet) == "r24-w0.5-k3e4.k7e2-k5e3");
  CHECK(parse_subnet("r24-w0.5-k3e4.k7e2-k5e3", space).value() == subnet);
}

TEST_CASE("reading the text form of any subnet gives the subnet", "[search][subnet]") {
  const SearchSpace space = test::published_space();
  Rng rng({1});
  for (int i = 0; i < 500; ++i) {
    const Subnet subnet = sample(space, rng);
    CHECK(parse_subnet(to_text(subnet), space).value() == subnet);
  }
}

TEST_CASE("a text that is no subnet of the space gets the reason", "[search][subnet]") {
  const SearchSpace space = test::tiny_space();
  const auto reason = [&](const char* text) { return parse_subnet(text, space).error(); };
  CHECK(reason("") == "\"\" must be a resolution such as r64");
  CHECK(reason("r16x-w0.5-k3e3-k3e3") == "\"r16x\" must be a resolution such as r64");
  CHECK(reason("r16") == "\"\" must be a width multiplier such as w0.5");
  CHECK(reason("r16-w0.5-k3-k3e3") == "\"k3\" must be a block such as k3e4");
  CHECK(reason("r16-w0.5-k3e3.-k3e3") == "\"\" must be a block such as k3e4");
  CHECK(reason("r20-w0.5-k3e3-k3e3") == "resolution 20 is not in the space (16, 24)");
  CHECK(reason("r16-w0.7-k3e3-k3e3") == "width multiplier 0.7 is not in the space (0.5, 1)");
  CHECK(reason("r16-w0.5-k3e3") == "1 stages, but the space has 2");
  CHECK(reason("r16-w0.5-k3e3.k3e3.k3e3-k3e3") == "stage 1: depth 3 is not in the space (1, 2)");
  CHECK(reason("r16-w0.5-k3e3-k7e3") == "stage 2: block 1: kernel size 7 is not in the space (3, 5)");
  CHECK(reason("r16-w0.5-k3e3.k3e9-k3e3") == "stage 1: block 2: expansion ratio 9 is not in the space (2, 3, 4)");
}

TEST_CASE("samples reach every choice, and lie in the space", "[search][subnet]") {
  const SearchSpace space = test::tiny_space();
  Rng rng({2});
  std::set<int> resolutions, kernels, expansions;
  std::set<double> widths;
  std::set<std::size_t> depths;
  for (int i = 0; i < 200; ++i) {
    const Subnet subnet = sample(space, rng);
    CHECK(why_outside(subnet, space) == "");
    resolutions.insert(subnet.resolution);
    widths.insert(subnet.width_multiplier);
    depths.insert(subnet.stages[0].size());
    kernels.insert(subnet.stages[0][0].kernel_size);
    expansions.insert(subnet.stages[0][0].expansion_ratio);
  }
  CHECK(resolutions == std::set<int>{16, 24});
  CHECK(widths == std::set<double>{0.5, 1.0});
  CHECK(depths == std::set<std::size_t>{1, 2});
  CHECK(kernels == std::set<int>{3, 5, 7});
  CHECK(expansions == std::set<int>{2, 3, 4});
}

TEST_CASE("random subnets come in the same order whoever asks, and end where nothing new comes", "[search][subnet]") {
  const SearchSpace space = test::tiny_space();
  const auto all = [](const Subnet&) { return true; };
  RandomSubnets whole(space, 3, 1, 10), part(space, 3, 1, 10), other(space, 3, 2, 10);
  std::vector<std::string> first, others;
  for (int i = 0; i < 30; ++i) first.push_back(to_text(*whole.next(all))), others.push_back(to_text(*other.next(all)));
  CHECK(first != others);
  int seen = 0;
  const auto third = [&](const Subnet&) { return ++seen % 3 == 0; };
  for (int i = 0; i < 10; ++i) CHECK(to_text(*part.next(third)) == first[static_cast<std::size_t>(3 * i + 2)]);
  int refused = 0;
  CHECK_FALSE(part.next([&](const Subnet&) { return ++refused, false; }).has_value());
  CHECK(refused == 10);
}

TEST_CASE("mutants and children stay in the space", "[search][subnet]") {
  const SearchSpace space = test::published_space();
  Rng rng({3});
  for (int i = 0; i < 300; ++i) {
    const Subnet a = sample(space, rng), b = sample(space, rng);
    CHECK(why_outside(mutate(a, space, 0.5, 0.5, rng), space) == "");
    CHECK(why_outside(crossover(a, b, rng), space) == "");
  }
}

TEST_CASE("mutation with probability 0 changes nothing, with 1 it may change all", "[search][subnet]") {
  const SearchSpace space = test::published_space();
  Rng rng({4});
  const Subnet parent = largest(space);
  CHECK(mutate(parent, space, 0, 0, rng) == parent);
  CHECK_FALSE(mutate(parent, space, 1, 1, rng) == parent);
  const Subnet inner = mutate(parent, space, 1, 0, rng);
  CHECK(inner.resolution == parent.resolution);
  CHECK(inner.width_multiplier == parent.width_multiplier);
}

TEST_CASE("a child's genes come from its parents", "[search][subnet]") {
  const SearchSpace space = test::published_space();
  const Subnet low = smallest(space), high = largest(space);
  Rng rng({5});
  for (int i = 0; i < 100; ++i) {
    const Subnet child = crossover(low, high, rng);
    CHECK((child.resolution == low.resolution || child.resolution == high.resolution));
    for (std::size_t s = 0; s < child.stages.size(); ++s) {
      const std::size_t depth = child.stages[s].size();
      CHECK((depth == low.stages[s].size() || depth == high.stages[s].size()));
      for (const BlockChoice& block : child.stages[s]) {
        CHECK((block.kernel_size == 3 || block.kernel_size == 7));
        CHECK((block.expansion_ratio == 3 || block.expansion_ratio == 6));
      }
    }
  }
  CHECK(crossover(high, high, rng) == high);
}

TEST_CASE("the same key draws the same subnets", "[search][subnet]") {
  const SearchSpace space = test::published_space();
  Rng a({7, 8}), b({7, 8});
  for (int i = 0; i < 20; ++i) CHECK(sample(space, a) == sample(space, b));
}

TEST_CASE("provenances are written and read back", "[search][evaluator]") {
  for (const char* word : {"computed", "predicted", "modelled", "measured"})
    CHECK(std::string(to_text(provenance_from_text(word))) == word);
  CHECK_THROWS_WITH(provenance_from_text("guessed"), Catch::Contains("\"guessed\" is not a provenance"));
}
