#include "supernet/graph_trainer.hpp"

#include <cmath>

#include "graph/base/error.hpp"
#include "search/space/graph_builder.hpp"
#include "supernet/data/rendered.hpp"
#include "supernet/graph_network.hpp"
#include "supernet/kernels/worker_pool.hpp"
#include "supernet/optimizer/optimizer.hpp"
#include "tests/catch.hpp"
#include "tests/supernet/pictures.hpp"
#include "tests/supernet/quiet.hpp"
#include "tests/supernet/small_space.hpp"

using namespace thimble;
using namespace thimble::test;

namespace {

const ImageSet& pictures() {
  static const ImageSet images = render_figures(96, 24, 1, 0, 1);
  return images;
}

Batch batch_of(int resolution) {
  TrainRecipe recipe;
  recipe.batch = 16;
  return BatchSource(pictures(), recipe, 1).batch(0, resolution);
}

/// Length of the difference and of the second gradient.
std::pair<double, double> difference(const Parameter& a, const Parameter& b) {
  double difference = 0, length = 0;
  for (std::size_t i = 0; i < a.values->size(); ++i) {
    difference += std::pow(static_cast<double>(a.gradient[i]) - static_cast<double>(b.gradient[i]), 2);
    length += std::pow(static_cast<double>(b.gradient[i]), 2);
  }
  return {std::sqrt(difference), std::sqrt(length)};
}

TrainRecipe short_recipe() {
  TrainRecipe recipe;
  recipe.batch = 16;
  recipe.passes = 40;
  recipe.averaging = 0.9;
  return recipe;
}

/// A stem, a residual block with a projected shortcut, pool and classifier.
Graph residual_network() {
  Graph graph;
  graph.name = "residual";
  GraphBuilder builder(graph, 24, 24, 3);
  builder.conv("stem", 8, 3, 1, Activation::kRelu);
  const int entry = builder.current();
  builder.conv("a", 16, 3, 2, Activation::kRelu);
  builder.conv("b", 16, 3, 1, Activation::kNone);
  const int main = builder.current();
  builder.go_back_to(entry);
  builder.conv("shortcut", 16, 1, 2, Activation::kNone);
  builder.add("sum", main);
  builder.global_pool("pool");
  builder.fully_connected("classifier", 2);
  builder.finish();
  return graph;
}

}  // namespace

TEST_CASE("the portable path and our kernels agree on loss and gradients of a whole subnet", "[supernet][graph]") {
  Supernet supernet(small_space(), 3);
  Subnet subnet = largest(supernet.space());
  TrainingNetwork ours(supernet.weights());
  GraphNetwork portable(to_graph(supernet.space(), subnet), 1, 1);
  const std::vector<Parameter> of_graph = portable.parameters(), of_supernet = ours.parameters();
  REQUIRE(of_graph.size() == of_supernet.size());  // both layer by layer: weights, scale, shift
  for (std::size_t i = 0; i < of_graph.size(); ++i) {
    REQUIRE(of_graph[i].values->size() == of_supernet[i].values->size());
    *of_graph[i].values = *of_supernet[i].values;
  }
  prepare_training();
  const WorkerPool pool(1);
  const Batch batch = batch_of(subnet.resolution);
  const double loss = ours.add_gradients(layers_of(supernet.space(), subnet), batch, {0.1, 0, nullptr});
  CHECK(portable.add_gradients(batch, {0.1, 0, nullptr}) == Approx(loss).epsilon(1e-5));
  const std::vector<Parameter> expected = portable.parameters(), found = ours.parameters();
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO("parameter " << i);
    // A batch norm takes away what the shift before it adds: such a gradient is 0 but for rounding.
    const auto [apart, length] = difference(found[i], expected[i]);
    CHECK(apart < 1e-2 * length + 1e-6 * gradient_norm(expected));
  }
}

TEST_CASE("a network of its own learns, and its graph comes back with weights", "[supernet][graph]") {
  Graph graph = residual_network();
  const auto report = train_graph(graph, pictures(), short_recipe(), quiet());
  REQUIRE(report);
  CHECK(report->steps == 40);
  CHECK(report->curve.back().loss < report->curve.front().loss);
  CHECK(validate(graph).empty());
  for (const Tensor& tensor : graph.tensors)
    if (tensor.constant) CHECK(std::holds_alternative<std::vector<float>>(tensor.data));
}

TEST_CASE("an interrupted training of a network ends with the same bits", "[supernet][graph]") {
  const TemporaryFolder folder;
  Graph whole = residual_network(), resumed = residual_network();
  REQUIRE(train_graph(whole, pictures(), short_recipe(), quiet()));
  std::atomic<bool> stop = false;
  TrainOptions options = quiet(folder / "checkpoint");
  options.stop = &stop;
  options.progress = [&](const TrainProgress& progress) { stop = progress.step == 17; };
  const auto first = train_graph(resumed, pictures(), short_recipe(), options);
  REQUIRE(first);
  REQUIRE(first->interrupted);
  CHECK(std::holds_alternative<std::monostate>(resumed.tensors[1].data));  // not before it has ended
  stop = false;
  options.stop = nullptr;
  REQUIRE(train_graph(resumed, pictures(), short_recipe(), options));
  for (std::size_t i = 0; i < whole.tensors.size(); ++i) CHECK(whole.tensors[i].data == resumed.tensors[i].data);
}

TEST_CASE("what cannot be trained is named", "[supernet][graph]") {
  Graph graph = residual_network();
  SECTION("an operator") {
    graph.operators.back().type = OpType::kSoftmax;
    CHECK_THROWS_WITH((void)train_graph(graph, pictures(), short_recipe(), quiet()).has_value(),
                      "residual: classifier: softmax cannot be trained");
  }
  SECTION("the number of classes") {
    ImageSet three = pictures();
    three.class_names.push_back("third");
    CHECK_THROWS_WITH((void)train_graph(graph, three, short_recipe(), quiet()).has_value(),
                      "residual has 2 outputs, the pictures have 3 classes");
  }
}
