// MLPerf Tiny's image classification network (ResNet-8, 12.5 M MACs at 32 x 32), trained from scratch on a job's
// pictures by our own trainer for a given wall time, quantised by our own backend, and looked at once on the test
// split.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/job.hpp"
#include "cli/quantized_subnet.hpp"
#include "deploy/quantize.hpp"
#include "evaluators/int8_accuracy.hpp"
#include "graph/base/error.hpp"
#include "search/space/graph_builder.hpp"
#include "supernet/graph_trainer.hpp"

using namespace thimble;

namespace {

constexpr int kResolution = 32;
constexpr int kTrialPasses = 40;  // that tell how long one takes

Graph resnet8(int classes) {
  Graph graph;
  graph.name = "resnet8";
  GraphBuilder builder(graph, kResolution, kResolution, 3);
  builder.conv("stem", 16, 3, 1, Activation::kRelu);
  for (int stack = 1; stack <= 3; ++stack) {
    const std::string name = "stack" + std::to_string(stack);
    const int channels = 8 << stack, stride = stack == 1 ? 1 : 2, entry = builder.current();
    builder.conv(name + ".a", channels, 3, stride, Activation::kRelu);
    builder.conv(name + ".b", channels, 3, 1, Activation::kNone);
    int shortcut = builder.current();
    if (stack == 1) {
      shortcut = entry;
    } else {
      builder.go_back_to(entry);
      builder.conv(name + ".shortcut", channels, 1, stride, Activation::kNone);
    }
    builder.add(name + ".add", shortcut);
    graph.operators.back().activation = Activation::kRelu;
  }
  builder.global_pool("pool");
  builder.fully_connected("classifier", classes);
  builder.finish();
  return graph;
}

double seconds_of(const auto& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TrainReport trained(Graph& graph, const ImageSet& images, const TrainRecipe& recipe, const TrainOptions& options) {
  const auto report = train_graph(graph, images, recipe, options);
  if (!report) throw Error(report.error().message);
  return *report;
}

/// Passes that fill the time; a short trial tells how long one takes.
int passes_in(double seconds, const Job& job, const ImageSet& images, TrainRecipe recipe, const TrainOptions& options) {
  recipe.passes = kTrialPasses;
  Graph graph = resnet8(job.search_space.classes);
  const double one = seconds_of([&] { trained(graph, images, recipe, options); }) / kTrialPasses;
  return std::max(1, static_cast<int>(seconds / one));
}

void run(const Job& job, double seconds) {
  const DataSplits data = load_data(job.data);
  TrainOptions options;
  options.seed = job.seed;
  options.threads = job.threads;
  TrainRecipe recipe = job.supernet;
  recipe.passes = passes_in(seconds, job, data.train, recipe, options);
  std::fprintf(stderr, "%d passes of %d pictures\n", recipe.passes, recipe.batch);
  options.progress = [&](const TrainProgress& progress) {
    if (progress.step % 500 == 0)
      std::fprintf(stderr, "step %d of %d, loss %.3f\n", progress.step, progress.total, progress.loss);
  };
  Graph graph = resnet8(job.search_space.classes);
  const double spent = seconds_of([&] { trained(graph, data.train, recipe, options); });
  const auto inputs = network_inputs(data.train, job.deploy.calibration_images, kResolution);
  const QuantizedNetwork network = quantize_network(graph, inputs, {});
  const nlohmann::json report = {
      {"macs", macs(graph)},
      {"params", params(graph)},
      {"passes", recipe.passes},
      {"seconds", spent},
      {"top1_int8_validation", int8_top1(network.int8, data.validation, 0, job.threads)},
      {"top1_int8", int8_top1(network.int8, data.test, job.deploy.test_images, job.threads)}};
  std::printf("%s\n", report.dump(1).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("ResNet-8 trained from scratch on a job's pictures");
  std::string job;
  std::vector<std::string> settings;
  double seconds = 600;
  app.add_option("JOB", job)->required();
  app.add_option("--seconds", seconds, "wall time of the training")->check(CLI::PositiveNumber);
  app.add_option("--set", settings, "as of thimble run");
  CLI11_PARSE(app, argc, argv);
  try {
    run(load_job(job, settings), seconds);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
