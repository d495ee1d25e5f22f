// Thimble's side of benchmarks/supernet/run.
//
//   supernet_speed prepare FOLDER SPACE   writes what both sides share: weights, subnets, pictures
//   supernet_speed serve FOLDER SPACE THREADS  answers commands on stdin with one line of JSON each
//     train RESOLUTION FIRST COUNT        a step of training for each of these subnets
//     evaluate RESOLUTION FIRST COUNT     statistics measured and all pictures classified, for each of these subnets
//     gradients RESOLUTION SUBNET         loss and gradients with the weights of `prepare`, to FOLDER/gradients.bin
//     logits RESOLUTION SUBNET            of the evaluation with the weights of `prepare`, to FOLDER/logits.bin
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "graph/base/error.hpp"
#include "supernet/accuracy.hpp"
#include "supernet/batches.hpp"
#include "supernet/kernels/kernels.hpp"
#include "supernet/kernels/worker_pool.hpp"
#include "supernet/optimizer/sgd.hpp"
#include "supernet/supernet.hpp"
#include "supernet/training_network.hpp"
#include "supernet/weights.hpp"

using namespace thimble;
using nlohmann::json;

namespace {

constexpr int kBatch = 64, kSubnets = 64;
constexpr int kCalibrationBatches = 8, kPictures = 1024;  // those of the calibration are the first half
constexpr std::uint64_t kSeed = 1;

void write_file(const std::string& path, const void* data, std::size_t bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
  if (!file.flush()) throw Error(path + ": cannot be written");
}

void write_floats(const std::string& path, const std::vector<float>& values) {
  write_file(path, values.data(), values.size() * sizeof(float));
}

/// Pictures with large and small structure: a few random waves per channel, and noise.
ImageSet pictures_at(int size, int classes) {
  ImageSet images{size, 3, {}, {}, {}};
  for (int c = 0; c < classes; ++c) images.class_names.push_back("class " + std::to_string(c));
  Rng rng({kSeed, 7, static_cast<std::uint64_t>(size)});
  for (int i = 0; i < kPictures; ++i) {
    images.labels.push_back(rng.between(0, classes - 1));
    double wave[3][3];
    for (auto& channel : wave)
      for (double& value : channel) value = rng.uniform(-12, 12);
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x)
        for (const auto& [across, down, phase] : wave)
          images.pixels.push_back(static_cast<std::uint8_t>(
              128 + 90 * std::sin((across * x + down * y) / size + phase) + rng.uniform(-30, 30)));
  }
  return images;
}

std::vector<Subnet> subnets_at(const SearchSpace& space, int resolution) {
  Rng rng({kSeed, 8});  // the same subnets at every resolution
  std::vector<Subnet> subnets;
  for (int i = 0; i < kSubnets; ++i) {
    subnets.push_back(sample(space, rng));
    subnets.back().resolution = resolution;
  }
  return subnets;
}

json layer_of(const Layer& layer) {
  static const char* const kinds[] = {"stem", "pointwise", "depthwise", "classifier"};
  return {{"kind", kinds[static_cast<int>(layer.kind)]},
          {"weights", layer.weights},
          {"in", layer.in_channels},
          {"out", layer.out_channels},
          {"kernel", layer.kernel},
          {"stride", layer.stride},
          {"relu6", layer.relu6},
          {"starts_block", layer.starts_block},
          {"adds_shortcut", layer.adds_shortcut}};
}

void prepare(const std::string& folder, const SearchSpace& space) {
  const Supernet supernet(space, kSeed);
  json plan{{"batch", kBatch},
            {"calibration_batches", kCalibrationBatches},
            {"pictures", kPictures},
            {"isa", kernels().name},
            {"parameters", supernet.parameters()}};
  std::vector<float> all;
  for (const LayerWeights& layer : supernet.weights().layers) {
    plan["layers"].push_back({{"name", layer.name},
                              {"kind", static_cast<int>(layer.kind)},
                              {"in", layer.in_channels},
                              {"out", layer.out_channels},
                              {"kernel", layer.kernel}});
    for (const std::vector<float>* values : {&layer.weights, &layer.scale, &layer.shift})
      all.insert(all.end(), values->begin(), values->end());
  }
  write_floats(folder + "/weights.bin", all);
  for (const int resolution : space.resolutions) {
    const std::string at = std::to_string(resolution);
    for (const Subnet& subnet : subnets_at(space, resolution)) {
      json layers;
      for (const Layer& layer : layers_of(space, subnet)) layers.push_back(layer_of(layer));
      plan["subnets"][at].push_back({{"text", to_text(subnet)}, {"macs", macs(space, subnet)}, {"layers", layers}});
    }
    const ImageSet images = pictures_at(resolution, space.classes);
    write_file(folder + "/pixels" + at + ".bin", images.pixels.data(), images.pixels.size());
    plan["labels"][at] = images.labels;
  }
  std::ofstream(folder + "/plan.json") << plan.dump(1) << "\n";
}

Batch first_batch(const ImageSet& images) {
  Batch batch;
  batch.count = kBatch;
  batch.size = images.size;
  batch.channels = images.channels;
  batch.pixels.assign(images.pixels.begin(),
                      images.pixels.begin() + static_cast<std::ptrdiff_t>(images.image_bytes() * kBatch));
  batch.labels.assign(images.labels.begin(), images.labels.begin() + kBatch);
  return batch;
}

/// Wall time and this process's processor time since it was made.
class Stopwatch {
 public:
  void add_to(json& answer) const {
    answer["seconds"].push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count());
    answer["processor_seconds"].push_back(static_cast<double>(std::clock() - processor_start_) / CLOCKS_PER_SEC);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::clock_t processor_start_ = std::clock();
};

class Server {
 public:
  Server(std::string folder, const SearchSpace& space, int threads)
      : folder_(std::move(folder)), threads_(threads), supernet_(space, kSeed) {
    prepare_training();
    for (const int resolution : space.resolutions) {
      const ImageSet& images = images_.emplace(resolution, pictures_at(resolution, space.classes)).first->second;
      batches_.emplace(resolution, first_batch(images));
      subnets_.emplace(resolution, subnets_at(space, resolution));
      ImageSet calibration = first_images(images, kCalibrationBatches * kBatch);
      accuracies_.emplace(resolution,
                          SubnetAccuracy(original_, calibration, images, {kCalibrationBatches, kBatch, threads}));
    }
  }

  json answer(const std::string& command) {
    std::istringstream words(command);
    std::string what;
    int resolution = 0, first = 0, count = 1;
    words >> what >> resolution >> first >> count;
    if (what == "train") return train(resolution, first, count);
    if (what == "evaluate") return evaluate(resolution, first, count);
    if (what == "gradients") return gradients(resolution, first);
    if (what == "logits") return logits(resolution, first);
    throw Error("no such command: " + command);
  }

 private:
  const Subnet& subnet(int resolution, int index) const {
    return subnets_.at(resolution)[static_cast<std::size_t>(index % kSubnets)];
  }

  json train(int resolution, int first, int count) {
    const WorkerPool pool(threads_);
    json answer;
    for (int i = first; i < first + count; ++i) {
      const Stopwatch watch;
      network_.clear_gradients();
      const double loss = network_.add_gradients(layers_of(supernet_.space(), subnet(resolution, i)),
                                                 batches_.at(resolution), {0.1, 0, nullptr});
      const std::vector<Parameter> parameters = network_.parameters();
      if (!std::isfinite(gradient_norm(parameters))) throw Error("the gradient is not finite");
      sgd_.step(parameters, 0.01, 1);
      watch.add_to(answer);
      answer["losses"].push_back(loss);
    }
    return answer;
  }

  json evaluate(int resolution, int first, int count) {
    json answer;
    for (int i = first; i < first + count; ++i) {
      const Stopwatch watch;
      answer["top1"].push_back(accuracies_.at(resolution).top1(subnet(resolution, i)));
      watch.add_to(answer);
    }
    return answer;
  }

  json gradients(int resolution, int index) const {
    const WorkerPool pool(threads_);
    Supernet fresh = original_;
    TrainingNetwork network(fresh.weights());
    const double loss = network.add_gradients(layers_of(fresh.space(), subnet(resolution, index)),
                                              batches_.at(resolution), {0.1, 0, nullptr});
    std::vector<float> all;
    for (const Parameter& parameter : network.parameters()) {
      const std::size_t size = parameter.values->size();
      if (parameter.gradient) all.insert(all.end(), parameter.gradient, parameter.gradient + size);
      if (!parameter.gradient) all.resize(all.size() + size);
    }
    write_floats(folder_ + "/gradients.bin", all);
    return {{"loss", loss}};
  }

  json logits(int resolution, int index) {
    write_floats(folder_ + "/logits.bin", accuracies_.at(resolution).logits(subnet(resolution, index)));
    return json::object();
  }

  std::string folder_;
  int threads_;
  Supernet supernet_;
  Supernet original_ = supernet_;
  TrainingNetwork network_{supernet_.weights()};
  Sgd sgd_{0.9, 4e-5};
  std::map<int, ImageSet> images_;
  std::map<int, Batch> batches_;
  std::map<int, std::vector<Subnet>> subnets_;
  std::map<int, SubnetAccuracy> accuracies_;
};

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() < 3) throw Error("usage: supernet_speed prepare FOLDER SPACE | serve FOLDER SPACE THREADS");
  const SearchSpace space = load_space(arguments[2]);
  if (arguments[0] == "prepare") {
    prepare(arguments[1], space);
    return 0;
  }
  Server server(arguments[1], space, std::stoi(arguments.at(3)));
  for (std::string line; std::getline(std::cin, line);) std::cout << server.answer(line).dump() << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& failure) {
    std::cerr << "supernet_speed: " << failure.what() << "\n";
    return 1;
  }
}
