#include "supernet/optimizer/sgd.hpp"

namespace thimble {

void Sgd::step(const std::vector<Parameter>& parameters, double learning_rate, double scale) {
  if (momentum_.empty())
    for (const Parameter& parameter : parameters) momentum_.emplace_back(parameter.values->size(), 0.0f);
  const auto rate = static_cast<float>(learning_rate), beta = static_cast<float>(beta_);
  const auto factor = static_cast<float>(scale);
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    if (!parameters[p].gradient) continue;
    const auto decay = static_cast<float>(parameters[p].decays ? decay_ : 0);
    float *values = parameters[p].values->data(), *momentum = momentum_[p].data();
    for (std::size_t i = 0; i < momentum_[p].size(); ++i) {
      const float gradient = parameters[p].gradient[i] * factor + decay * values[i];
      momentum[i] = beta * momentum[i] + gradient;
      values[i] -= rate * (gradient + beta * momentum[i]);
    }
  }
}

void Sgd::write(BinaryWriter& writer) const { write_all(writer, momentum_); }
void Sgd::read(BinaryReader& reader) { momentum_ = read_all(reader); }

}  // namespace thimble
