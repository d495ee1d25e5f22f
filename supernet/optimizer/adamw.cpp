#include "supernet/optimizer/adamw.hpp"

#include <cmath>

namespace thimble {
namespace {

constexpr float kEpsilon = 1e-8f;

}  // namespace

void AdamW::step(const std::vector<Parameter>& parameters, double learning_rate, double scale) {
  if (first_.empty()) {
    for (const Parameter& parameter : parameters) first_.emplace_back(parameter.values->size(), 0.0f);
    second_ = first_;
    steps_.assign(parameters.size(), 0);
  }
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].gradient) update(parameters[i], i, learning_rate, scale);
}

void AdamW::update(const Parameter& parameter, std::size_t index, double learning_rate, double scale) {
  const auto step = static_cast<double>(++steps_[index]);
  const auto beta1 = static_cast<float>(beta1_), beta2 = static_cast<float>(beta2_);
  const auto factor = static_cast<float>(scale);
  const auto kept = static_cast<float>(1 - learning_rate * (parameter.decays ? decay_ : 0));
  const auto rate = static_cast<float>(learning_rate / (1 - std::pow(beta1_, step)));
  const auto correction = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2_, step)));
  float *values = parameter.values->data(), *first = first_[index].data(), *second = second_[index].data();
  for (std::size_t i = 0; i < first_[index].size(); ++i) {
    const float gradient = parameter.gradient[i] * factor;
    first[i] = beta1 * first[i] + (1 - beta1) * gradient;
    second[i] = beta2 * second[i] + (1 - beta2) * gradient * gradient;
    values[i] = kept * values[i] - rate * first[i] / (correction * std::sqrt(second[i]) + kEpsilon);
  }
}

void AdamW::forget() {
  first_.clear();
  second_.clear();
  steps_.clear();
}

void AdamW::write(BinaryWriter& writer) const {
  write_all(writer, first_);
  write_all(writer, second_);
  writer.put(steps_);
}

void AdamW::read(BinaryReader& reader) {
  first_ = read_all(reader);
  second_ = read_all(reader);
  steps_ = reader.get_vector<std::int64_t>();
}

}  // namespace thimble
