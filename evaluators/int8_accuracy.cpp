#include "evaluators/int8_accuracy.hpp"

#include <algorithm>

#include "graph/int8_interpreter.hpp"
#include "graph/base/parallel.hpp"
#include "supernet/data/resize.hpp"

namespace thimble {

std::vector<std::vector<std::int8_t>> int8_outputs(const Graph& graph, const ImageSet& images, int count, int threads) {
  const Int8Interpreter network(graph);
  const int resolution = graph.tensor(graph.inputs.front()).shape.at(1);
  const auto output = static_cast<std::size_t>(graph.outputs.front());
  const int images_used = count > 0 ? std::min(count, images.count()) : images.count();
  std::vector<std::vector<std::int8_t>> outputs(static_cast<std::size_t>(images_used));
  parallel_for(threads, threads, [&](int part) {
    Int8Workspace workspace = network.workspace();
    for (int i = part; i < images_used; i += threads) {
      network.run(std::span<const std::int8_t>(quantized_input(images, i, resolution)), workspace);
      outputs[static_cast<std::size_t>(i)] = workspace.values[output];
    }
  });
  return outputs;
}

double int8_top1(const Graph& graph, const ImageSet& images, int count, int threads) {
  const auto outputs = int8_outputs(graph, images, count, threads);
  int right = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto best = std::max_element(outputs[i].begin(), outputs[i].end()) - outputs[i].begin();
    right += best == images.labels[i];
  }
  return outputs.empty() ? 0 : static_cast<double>(right) / static_cast<double>(outputs.size());
}

}  // namespace thimble
