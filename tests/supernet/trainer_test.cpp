#include "supernet/trainer.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <barrier>
#include <cmath>
#include <csignal>
#include <thread>

#include "graph/base/error.hpp"
#include "supernet/accuracy.hpp"
#include "supernet/data/rendered.hpp"
#include "supernet/optimizer/adamw.hpp"
#include "supernet/optimizer/sgd.hpp"
#include "supernet/optimizer/weight_average.hpp"
#include "supernet/recipe/learning_rate.hpp"
#include "supernet/training_key.hpp"
#include "tests/catch.hpp"
#include "tests/supernet/pictures.hpp"
#include "tests/supernet/quiet.hpp"
#include "tests/supernet/small_space.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

TrainRecipe short_recipe() {
  TrainRecipe recipe;
  recipe.batch = 16;
  recipe.passes = 22;  // 6 steps of the largest, 8 of two sampled ones
  recipe.warm_up = 0.3;
  recipe.phases[0].share = 6;
  recipe.phases[1].share = 16;
  recipe.phases[1].subnets_per_step = 2;
  return recipe;
}

/// Two classes that one look tells apart: dark and light pictures.
ImageSet dark_and_light(int count) {
  ImageSet images{24, 3, {"dark", "light"}, {}, {}};
  Rng rng({1});
  for (int i = 0; i < count; ++i) {
    images.labels.push_back(i % 2);
    for (std::size_t p = 0; p < images.image_bytes(); ++p)
      images.pixels.push_back(static_cast<std::uint8_t>(rng.between(0, 150) + 100 * (i % 2)));
  }
  return images;
}

const ImageSet& pictures() {
  static const ImageSet images = render_figures(100, 24, 1, 0, 1);
  return images;
}

}  // namespace

TEST_CASE("training learns, and its curve says so", "[supernet][trainer]") {
  const ImageSet images = dark_and_light(128);
  Supernet supernet(small_space(), 1);
  TrainRecipe recipe = short_recipe();
  recipe.passes = 90;
  recipe.phases[0].share = 30;
  recipe.phases[1].share = 60;  // of two subnets
  recipe.augmentation.colour_jitter = 0;
  const auto report = train(supernet, images, recipe, quiet());
  REQUIRE(report);
  CHECK(report->steps == 60);
  CHECK(report->curve.back().step == 60);
  CHECK(report->curve.back().loss < 0.7 * report->curve.front().loss);
  SubnetAccuracy accuracy(supernet, images, images, {4, 32, 1});
  CHECK(accuracy.top1(largest(supernet.space())) > 0.95);
  CHECK(accuracy.top1(smallest(supernet.space())) > 0.8);
}

TEST_CASE("an interrupted training ends with the same bits", "[supernet][trainer]") {
  const int stop_after = GENERATE(1, 5, 6, 9);  // in both phases, and where they meet
  const std::string teacher = GENERATE("", "in_place", "largest");
  TrainRecipe recipe = short_recipe();
  if (!teacher.empty()) {
    recipe.phases[1].sandwich = teacher == "in_place";
    recipe.phases[1].distillation = 0.5;
    recipe.phases[1].teacher = teacher;
    recipe.optimizer = "adamw";
    recipe.learning_rate = 0.002;
    recipe.averaging = 0.9;
    recipe.augmentation.operations = 2;
    recipe.augmentation.mixup = 0.2;
    recipe.augmentation.erase = 0.3;
  }
  Supernet whole(small_space(), 1);
  const auto uninterrupted = train(whole, pictures(), recipe, quiet());
  REQUIRE(uninterrupted);

  const TemporaryFolder folder;
  TrainOptions options = quiet(folder / "checkpoint");
  std::atomic<bool> stop = false;
  options.stop = &stop;
  options.progress = [&](const TrainProgress& progress) { stop = progress.step == stop_after; };
  Supernet first(small_space(), 1), second(small_space(), 1);
  const auto report = train(first, pictures(), recipe, options);
  REQUIRE(report);
  CHECK(report->interrupted);
  CHECK(report->steps == stop_after);
  stop = false;
  options.stop = nullptr;
  const auto rest = train(second, pictures(), recipe, options);
  REQUIRE(rest);
  CHECK(rest->first_step == stop_after);
  CHECK(second.fingerprint() == whole.fingerprint());
  REQUIRE(rest->curve.size() == uninterrupted->curve.size());
  for (std::size_t i = 0; i < rest->curve.size(); ++i) CHECK(rest->curve[i].loss == uninterrupted->curve[i].loss);
}

TEST_CASE("a killed training continues from its last checkpoint, with the same bits", "[supernet][trainer]") {
  Supernet whole(small_space(), 1);
  REQUIRE(train(whole, pictures(), short_recipe(), quiet()));
  const TemporaryFolder folder;
  const std::string checkpoint = folder / "checkpoint";
  const pid_t child = fork();
  if (child == 0) {
    TrainOptions options = quiet(checkpoint);
    options.progress = [](const TrainProgress& progress) {
      if (progress.step == 11) kill(getpid(), SIGKILL);
    };
    Supernet supernet(small_space(), 1);
    (void)train(supernet, pictures(), short_recipe(), options).has_value();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  Supernet rest(small_space(), 1);
  const auto report = train(rest, pictures(), short_recipe(), quiet(checkpoint));
  REQUIRE(report);
  CHECK(report->first_step == 9);
  CHECK(rest.fingerprint() == whole.fingerprint());
}

TEST_CASE("the number of threads does not change the weights", "[supernet][trainer]") {
  Supernet one(small_space(), 1), three(small_space(), 1);
  TrainOptions options = quiet();
  REQUIRE(train(one, pictures(), short_recipe(), options));
  options.threads = 3;
  REQUIRE(train(three, pictures(), short_recipe(), options));
  CHECK(one.fingerprint() == three.fingerprint());
}

TEST_CASE("a finished training is not done again, another one is refused", "[supernet][trainer]") {
  const TemporaryFolder folder;
  const TrainOptions options = quiet(folder / "checkpoint");
  Supernet first(small_space(), 1), again(small_space(), 1), other(small_space(), 1);
  REQUIRE(train(first, pictures(), short_recipe(), options));
  const auto report = train(again, pictures(), short_recipe(), options);
  REQUIRE(report);
  CHECK(report->first_step == 14);
  CHECK(again.fingerprint() == first.fingerprint());
  TrainRecipe recipe = short_recipe();
  recipe.learning_rate *= 2;
  CHECK_THROWS_WITH((void)train(other, pictures(), recipe, options).has_value(),
                    Catch::Contains("another space or network, recipe"));
}

TEST_CASE("a teacher, an average and another optimizer each change the weights", "[supernet][trainer]") {
  const auto trained = [](const TrainRecipe& recipe) {
    Supernet supernet(small_space(), 1);
    REQUIRE(train(supernet, pictures(), recipe, quiet()));
    return supernet.fingerprint();
  };
  const std::uint64_t plain = trained(short_recipe());
  TrainRecipe recipe = short_recipe();
  SECTION("teacher") {
    recipe.phases[1].teacher = "largest";
    CHECK(trained(recipe) == plain);  // named, but no share of the loss
    recipe.phases[1].distillation = 0.5;
  }
  SECTION("average") { recipe.averaging = 0.9; }
  SECTION("optimizer") { recipe.optimizer = "adamw"; }
  SECTION("mixup") { recipe.augmentation.mixup = 0.5; }
  SECTION("operations") { recipe.augmentation.operations = 1; }
  CHECK(trained(recipe) != plain);
}

namespace {

/// Ranks that are threads of one process: they meet at every sum.
class ThreadRanks final : public Ranks {
 public:
  struct Meeting {
    explicit Meeting(int count) : barrier(count), parts(static_cast<std::size_t>(count)) {}
    std::barrier<> barrier;
    std::vector<std::vector<float>> parts;
  };
  ThreadRanks(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}

  int rank() const override { return rank_; }
  int count() const override { return static_cast<int>(meeting_.parts.size()); }
  void sum(std::vector<float>& values) override {
    meeting_.parts[static_cast<std::size_t>(rank_)] = values;
    meeting_.barrier.arrive_and_wait();
    std::fill(values.begin(), values.end(), 0.0f);
    for (const std::vector<float>& part : meeting_.parts)
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += part[i];
    meeting_.barrier.arrive_and_wait();
  }
  void announce(const std::string&) override {}
  std::string next_announcement() override { return ""; }
  void leave() override {}

 private:
  Meeting& meeting_;
  int rank_;
};

/// The supernets of two ranks that train together.
std::vector<Supernet> trained_by_two(const TrainRecipe& recipe) {
  ThreadRanks::Meeting meeting(2);
  std::vector<Supernet> supernets(2, Supernet(small_space(), 1));
  const auto one = [&](int rank) {
    ThreadRanks ranks(meeting, rank);
    TrainOptions options = quiet();
    options.ranks = &ranks;
    (void)train(supernets[static_cast<std::size_t>(rank)], pictures(), recipe, options).has_value();
  };
  std::thread other([&] { one(1); });
  one(0);
  other.join();
  return supernets;
}

double largest_difference(const Supernet& a, const Supernet& b) {
  double largest = 0;
  for (std::size_t layer = 0; layer < a.weights().layers.size(); ++layer) {
    const std::vector<float>&of_a = a.weights().layers[layer].weights, &of_b = b.weights().layers[layer].weights;
    for (std::size_t i = 0; i < of_a.size(); ++i)
      largest = std::max(largest, std::abs(static_cast<double>(of_a[i]) - static_cast<double>(of_b[i])));
  }
  return largest;
}

}  // namespace

TEST_CASE("two ranks train as one process does", "[supernet][trainer][ranks]") {
  TrainRecipe recipe = short_recipe();
  recipe.shards = 2;
  recipe.learning_rate = 0.02;  // a high one makes much of how sums are rounded
  recipe.averaging = 0.9;
  Supernet alone(small_space(), 1), whole(small_space(), 1);
  REQUIRE(train(alone, pictures(), recipe, quiet()));
  const std::vector<Supernet> ranks = trained_by_two(recipe);
  CHECK(ranks[0].fingerprint() == ranks[1].fingerprint());
  CHECK(largest_difference(ranks[0], alone) < 1e-4);  // sums are rounded in another order
  recipe.shards = 1;
  REQUIRE(train(whole, pictures(), recipe, quiet()));
  CHECK(largest_difference(whole, alone) > 1e-3);  // other batch-norm statistics
}

TEST_CASE("ranks that cannot share out a batch are told so", "[supernet][trainer][ranks]") {
  ThreadRanks::Meeting meeting(2);
  ThreadRanks ranks(meeting, 0);
  TrainOptions options = quiet();
  options.ranks = &ranks;
  Supernet supernet(small_space(), 1);
  CHECK_THROWS_WITH((void)train(supernet, pictures(), short_recipe(), options).has_value(),
                    Catch::Contains("set supernet.shards to a multiple of 2"));
}

TEST_CASE("fine-tuning changes the weights of one subnet alone", "[supernet][trainer]") {
  const Supernet supernet(small_space(), 1);
  const Subnet subnet = smallest(supernet.space());
  Supernet tuned = supernet;
  const auto report = fine_tune(tuned, subnet, pictures(), short_recipe(), quiet());
  REQUIRE(report);
  CHECK(report->steps == 22);
  CHECK(tuned.fingerprint() != supernet.fingerprint());
  // stage 2 has depth 1 in the smallest subnet: its third block was not touched
  const auto weights_of = [](const Supernet& net, const std::string& name) {
    for (const LayerWeights& layer : net.weights().layers)
      if (layer.name == name) return layer.weights;
    throw std::logic_error(name);
  };
  CHECK(weights_of(tuned, "stage2.block3.project") == weights_of(supernet, "stage2.block3.project"));
  CHECK(weights_of(tuned, "stage2.block1.project") != weights_of(supernet, "stage2.block1.project"));
}

TEST_CASE("a checkpoint of a recipe that differs in the 7th decimal is refused", "[supernet][trainer]") {
  const TemporaryFolder folder;
  const TrainOptions options = quiet(folder / "checkpoint");
  Supernet first(small_space(), 1), other(small_space(), 1);
  TrainRecipe recipe = short_recipe();
  REQUIRE(train(first, pictures(), recipe, options));
  recipe.weight_decay = 4.04e-5;  // was 4e-5
  CHECK_THROWS_WITH((void)train(other, pictures(), recipe, options).has_value(),
                    Catch::Contains("another space or network, recipe"));
}

TEST_CASE("the key of a training holds what changes its bits, and nothing else", "[supernet][trainer]") {
  const Supernet supernet(small_space(), 1);
  TrainRecipe recipe;
  TrainOptions options;
  const auto key = [&](const Supernet& net, const char* isa) {
    return training_key(key_of(net, std::nullopt), pictures(), recipe, options, isa);
  };
  const std::uint64_t original = key(supernet, "avx2");
  CHECK(key(supernet, "avx512") != original);
  CHECK(key_of(supernet, largest(supernet.space())) != key_of(supernet, std::nullopt));
  SECTION("the number of threads changes nothing") {
    options.threads = 7;
    CHECK(key(supernet, "avx2") == original);
  }
  SECTION("the last bit of a number does") {
    recipe.learning_rate = std::nextafter(recipe.learning_rate, 1.0);
    CHECK(key(supernet, "avx2") != original);
  }
  SECTION("a choice fewer does, though the weights are the same") {
    SearchSpace space = small_space();
    space.stages[0].kernel_sizes = {3, 7};
    const Supernet fewer(space, 1);
    REQUIRE(fewer.fingerprint() == supernet.fingerprint());
    CHECK(key(fewer, "avx2") != original);
  }
}

TEST_CASE("pictures with other channels than the space are refused", "[supernet][trainer]") {
  SearchSpace space = small_space();
  space.input_channels = 1;
  Supernet supernet(space, 1);
  const char* const message = "the pictures have 3 channels, the space small has 1";
  CHECK_THROWS_WITH((void)train(supernet, pictures(), short_recipe(), quiet()).has_value(), message);
  CHECK_THROWS_WITH(SubnetAccuracy(supernet, pictures(), pictures()), message);
}

TEST_CASE("pictures of more classes than the space has are refused", "[supernet][trainer]") {
  Supernet supernet(small_space(), 1);
  ImageSet images = pictures();
  images.class_names.push_back("third");
  CHECK_THROWS_WITH((void)train(supernet, images, short_recipe(), quiet()).has_value(),
                    "the pictures have 3 classes, the space small has 2");
  CHECK_THROWS_WITH(SubnetAccuracy(supernet, pictures(), images), "the pictures have 3 classes, the space small has 2");
}

TEST_CASE("a training that diverges says where", "[supernet][trainer]") {
  Supernet supernet(small_space(), 1);
  TrainRecipe recipe = short_recipe();
  recipe.learning_rate = 1e30;
  recipe.gradient_clip = 0;
  recipe.warm_up = 0;
  const auto report = train(supernet, pictures(), recipe, quiet());
  REQUIRE_FALSE(report);
  CHECK(report.error().step < 6);
  CHECK(report.error().message.find("smaller learning rate") != std::string::npos);
}

TEST_CASE("the learning rate warms up and follows a cosine to zero", "[supernet][trainer]") {
  CHECK(learning_rate_at(0, 100, 10, 1.0) == Approx(0.1));
  CHECK(learning_rate_at(9, 100, 10, 1.0) == Approx(1.0));
  CHECK(learning_rate_at(10, 110, 10, 1.0) == Approx(1.0));
  CHECK(learning_rate_at(60, 110, 10, 1.0) == Approx(0.5));
  CHECK(learning_rate_at(99, 100, 0, 1.0) < 0.001);
}

TEST_CASE("a step of SGD with Nesterov momentum, by hand", "[supernet][trainer]") {
  std::vector<float> weights{1.0f, 2.0f}, untouched{3.0f};
  const std::vector<float> gradient{2.0f, 0.0f};
  const std::vector<Parameter> parameters{{&weights, gradient.data(), true}, {&untouched, nullptr, true}};
  CHECK(gradient_norm(parameters) == Approx(2.0));
  Sgd sgd(0.9, 0.5);
  sgd.step(parameters, 0.1, 0.5);
  // g = 0.5 * 2 + 0.5 * 1 = 1.5, m = 1.5, w = 1 - 0.1 * (1.5 + 0.9 * 1.5) = 0.715; second: g = m = 1, w = 2 - 0.19
  CHECK(weights[0] == Approx(0.715));
  CHECK(weights[1] == Approx(1.81));
  CHECK(untouched[0] == 3.0f);
}

TEST_CASE("two steps of AdamW, by hand", "[supernet][trainer]") {
  std::vector<float> weights{1.0f}, bias{1.0f};
  const std::vector<float> gradient{4.0f}, second{-2.0f};
  AdamW adam(0.9, 0.99, 0.1);
  adam.step({{&weights, gradient.data(), true}, {&bias, gradient.data(), false}}, 0.5, 0.5);
  // the first step has the length of the learning rate, whatever the gradient; decay 1 - 0.5 * 0.1 for weights alone
  CHECK(weights[0] == Approx(0.95 - 0.5));
  CHECK(bias[0] == Approx(0.5));
  adam.step({{&weights, second.data(), true}, {&bias, nullptr, false}}, 0.5, 1);
  // moments: 0.9 * 0.2 + 0.1 * -2 = -0.02 and 0.99 * 0.04 + 0.01 * 4 = 0.0796, corrected by 0.19 and 0.0199
  CHECK(weights[0] == Approx(0.45 * 0.95 + 0.5 * (0.02 / 0.19) / std::sqrt(0.0796 / 0.0199)));
  CHECK(bias[0] == Approx(0.5));
}

TEST_CASE("an average of weights starts quickly, ends slowly, and begins anew", "[supernet][trainer]") {
  std::vector<float> weights{0.0f};
  const std::vector<Parameter> parameters{{&weights, nullptr, false}};
  WeightAverage average(0.5);
  average.add(parameters);  // (1 + 1) / (10 + 1): from 0, nothing moves
  weights[0] = 1;
  average.add(parameters);  // decay 3 / 12
  CHECK(weights[0] == 1);
  average.apply(parameters);
  CHECK(weights[0] == Approx(0.75));
  weights[0] = 5;
  average.apply(parameters);  // none yet
  CHECK(weights[0] == 5);
  WeightAverage none(0);
  none.add(parameters);
  weights[0] = 6;
  none.apply(parameters);
  CHECK(weights[0] == 6);
}
