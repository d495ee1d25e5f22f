#include "supernet/optimizer/sgd.hpp"

#include "supernet/kernels/worker_pool.hpp"

namespace thimble {

void Sgd::step(const std::vector<Parameter>& parameters, double learning_rate, double scale) {
  if (momentum_.empty())
    for (const Parameter& parameter : parameters) momentum_.emplace_back(parameter.values->size(), 0.0f);
  const auto rate = static_cast<float>(learning_rate), beta = static_cast<float>(beta_);
  const auto factor = static_cast<float>(scale);
  for_chunks(static_cast<int>(parameters.size()), [&](int number) {
    const auto p = static_cast<std::size_t>(number);
    if (!parameters[p].gradient) return;
    const auto decay = static_cast<float>(parameters[p].decays ? decay_ : 0);
    float *values = parameters[p].values->data(), *momentum = momentum_[p].data();
    const float* gradients = parameters[p].gradient;
    for (std::size_t i = 0, count = momentum_[p].size(); i < count; ++i) {
      const float gradient = gradients[i] * factor + decay * values[i];
      momentum[i] = beta * momentum[i] + gradient;
      values[i] -= rate * (gradient + beta * momentum[i]);
    }
  });
}

void Sgd::write(BinaryWriter& writer) const { write_all(writer, momentum_); }
void Sgd::read(BinaryReader& reader) { momentum_ = read_all(reader); }

}  // namespace thimble
