#include "supernet/supernet.hpp"

#include <algorithm>
#include <cmath>

#include "graph/base/error.hpp"
#include "graph/base/hash.hpp"
#include "graph/base/rng.hpp"
#include "supernet/data/binary_file.hpp"
#include "supernet/weights.hpp"

namespace thimble {
namespace {

constexpr std::string_view kMagic = "THIMNET";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kInitialStream = 0x1417;

/// What the kernels of supernet/kernels can run.
void check_space(const SearchSpace& space) {
  for (const Stage& stage : space.stages) {
    for (int kernel : stage.kernel_sizes)
      if (std::find(kKernelSizes.begin(), kKernelSizes.end(), kernel) == kKernelSizes.end())
        throw Error("space " + space.name + ": kernel size " + std::to_string(kernel) +
                    " cannot be trained; use 3, 5 or 7");
    if (stage.stride != 1 && stage.stride != 2)
      throw Error("space " + space.name + ": stride " + std::to_string(stage.stride) +
                  " cannot be trained; use 1 or 2");
  }
}

/// Elements that one output sees: the fan-in of He initialisation.
int fan_in(const Layer& layer) {
  switch (layer.kind) {
    case LayerKind::kStem:
      return 9 * layer.in_channels;
    case LayerKind::kDepthwise:
      return layer.kernel * layer.kernel;
    default:
      return layer.in_channels;
  }
}

LayerWeights fresh(const Layer& layer, std::uint64_t seed) {
  const bool classifier = layer.kind == LayerKind::kClassifier;
  LayerWeights made{layer.name, layer.kind, layer.in_channels, layer.out_channels, layer.kernel, {}, {}, {}};
  const auto out = static_cast<std::size_t>(layer.out_channels);
  made.weights.resize(out * static_cast<std::size_t>(fan_in(layer)));
  const double deviation = std::sqrt((classifier ? 1.0 : 2.0) / fan_in(layer));
  Rng rng({seed, kInitialStream, static_cast<std::uint64_t>(layer.weights)});
  for (float& weight : made.weights) weight = static_cast<float>(deviation * rng.normal());
  if (!classifier) made.scale.assign(out, 1.0f);
  made.shift.assign(out, 0.0f);
  return made;
}

}  // namespace

Supernet::Supernet(const SearchSpace& space, std::uint64_t seed) : weights_(std::make_unique<SupernetWeights>()) {
  check_space(space);
  weights_->space = space;
  for (const Layer& layer : layers_of(space, largest(space))) weights_->layers.push_back(fresh(layer, seed));
}

Supernet::Supernet(const Supernet& other) : weights_(std::make_unique<SupernetWeights>(*other.weights_)) {}
Supernet& Supernet::operator=(const Supernet& other) {
  weights_ = std::make_unique<SupernetWeights>(*other.weights_);
  return *this;
}
Supernet::Supernet(Supernet&&) noexcept = default;
Supernet& Supernet::operator=(Supernet&&) noexcept = default;
Supernet::~Supernet() = default;

const SearchSpace& Supernet::space() const { return weights_->space; }

Supernet Supernet::load(const std::string& path, const SearchSpace& space) {
  Supernet supernet(space, 0);
  BinaryReader reader(path, kMagic, kVersion);
  read_weights(reader, *supernet.weights_, path);
  return supernet;
}

void Supernet::save(const std::string& path) const {
  BinaryWriter writer;
  write_weights(writer, *weights_);
  writer.write_file(path, kMagic, kVersion);
}

std::int64_t Supernet::parameters() const {
  std::size_t count = 0;
  for (const LayerWeights& layer : weights_->layers)
    count += layer.weights.size() + layer.scale.size() + layer.shift.size();
  return static_cast<std::int64_t>(count);
}

std::uint64_t Supernet::fingerprint() const {
  std::uint64_t key = fnv1a64("supernet");
  for (const LayerWeights& layer : weights_->layers)
    for (const std::vector<float>* values : {&layer.weights, &layer.scale, &layer.shift})
      key = fnv1a64(values->data(), values->size() * sizeof(float), key);
  return key;
}

void check_pictures(const SearchSpace& space, const ImageSet& images) {
  const auto check = [&](int pictures, int expected, const char* what) {
    if (pictures != expected)
      throw Error("the pictures have " + std::to_string(pictures) + " " + what + ", the space " + space.name + " has " +
                  std::to_string(expected));
  };
  check(images.channels, space.input_channels, "channels");
  check(images.classes(), space.classes, "classes");
}

}  // namespace thimble
