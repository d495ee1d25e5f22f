#include "supernet/graph_trainer.hpp"

#include "graph/base/error.hpp"
#include "graph/base/hash.hpp"
#include "supernet/data/resize.hpp"
#include "supernet/graph_network.hpp"
#include "supernet/kernels/worker_pool.hpp"
#include "supernet/training/loop.hpp"

namespace thimble {
namespace {

class GraphTrainee final : public Trainee {
 public:
  GraphTrainee(const Graph& graph, const TrainRecipe& recipe, const TrainOptions& options)
      : network(graph, options.seed, options.threads),
        label_smoothing_(recipe.label_smoothing),
        key_("graph, " + std::to_string(options.threads) + " threads\n" + structure(graph)) {}

  std::string key() const override { return key_; }
  StepPasses passes(const Phase&, int step, BatchSource& source, const Shards& shards) override {
    network.clear_gradients();
    StepPasses done;
    for (int shard = shards.first; shard < shards.end; ++shard, ++done.count)
      done.loss +=
          network.add_gradients(source.batch(step, network.resolution(), shard), {label_smoothing_, 0, nullptr});
    return done;
  }
  std::vector<Parameter> parameters() override { return network.parameters(); }
  void write(BinaryWriter& writer) const override {
    for (const Parameter& parameter : network.parameters()) writer.put(*parameter.values);
  }
  void read(BinaryReader& reader, const std::string& path) override {
    for (const Parameter& parameter : network.parameters()) {
      const std::vector<float> values = reader.get_vector<float>();
      if (values.size() != parameter.values->size()) throw Error(path + ": holds the weights of another network");
      std::copy(values.begin(), values.end(), parameter.values->begin());
    }
  }

  mutable GraphNetwork network;

 private:
  static std::string structure(const Graph& graph) {
    std::string text;
    for (const Operator& op : graph.operators) {
      text += std::string(to_text(op.type)) + ' ' + to_text(op.activation) + ' ' + std::to_string(op.stride_h);
      for (const std::vector<int>& tensors : {op.inputs, op.outputs})
        for (int tensor : tensors) {
          text += " [" + std::to_string(tensor) + ":";
          for (int size : graph.tensor(tensor).shape) text += std::to_string(size) + ",";
          text += "]";
        }
      text += '\n';
    }
    return text;
  }

  double label_smoothing_;
  std::string key_;
};

void check_classes(const Graph& graph, const ImageSet& images) {
  const auto outputs = graph.tensor(graph.outputs.at(0)).elements();
  if (outputs != images.classes())
    throw Error(graph.name + " has " + std::to_string(outputs) + " outputs, the pictures have " +
                std::to_string(images.classes()) + " classes");
}

Batch plain_batch(const ImageSet& pictures, int first, int count) {
  Batch batch;
  batch.count = count;
  batch.size = pictures.size;
  batch.channels = pictures.channels;
  const auto bytes = static_cast<std::ptrdiff_t>(pictures.image_bytes());
  batch.pixels.assign(pictures.pixels.begin() + first * bytes, pictures.pixels.begin() + (first + count) * bytes);
  return batch;
}

}  // namespace

Result<TrainReport, Diverged> train_graph(Graph& graph, const ImageSet& images, const TrainRecipe& recipe,
                                          const TrainOptions& options, const CalibrationConfig& calibration) {
  check_classes(graph, images);
  const TrainRecipe alone = in_one_phase(recipe, "alone");
  GraphTrainee trainee(graph, alone, options);
  auto report = run_training(trainee, images, alone, options);
  if (!report || report->interrupted) return report;
  const ImageSet pictures = resize(mixed_subset(images, calibration.batches * calibration.batch),
                                   trainee.network.resolution(), options.threads);
  for (int first = 0; first + calibration.batch <= pictures.count() || first == 0; first += calibration.batch)
    trainee.network.add_moments(plain_batch(pictures, first, std::min(calibration.batch, pictures.count() - first)));
  graph = trainee.network.folded();
  return report;
}

}  // namespace thimble
