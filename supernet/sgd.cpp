#include "supernet/sgd.hpp"

#include <algorithm>
#include <cmath>

namespace thimble {
namespace {

double norm(const std::vector<Parameter>& parameters) {
  double squares = 0;
  for (const Parameter& parameter : parameters) {
    if (!parameter.gradient) continue;
    for (std::size_t i = 0; i < parameter.values->size(); ++i)
      squares += static_cast<double>(parameter.gradient[i]) * static_cast<double>(parameter.gradient[i]);
  }
  return std::sqrt(squares);
}

void update(const Parameter& parameter, std::vector<float>& momentum, const SgdStep& settings, float scale) {
  const auto rate = static_cast<float>(settings.learning_rate), beta = static_cast<float>(settings.momentum);
  const auto decay = static_cast<float>(parameter.decays ? settings.weight_decay : 0);
  float* values = parameter.values->data();
  for (std::size_t i = 0; i < momentum.size(); ++i) {
    const float gradient = parameter.gradient[i] * scale + decay * values[i];
    momentum[i] = beta * momentum[i] + gradient;
    values[i] -= rate * (gradient + beta * momentum[i]);
  }
}

}  // namespace

double Sgd::step(const std::vector<Parameter>& parameters, const SgdStep& settings) {
  const double length = norm(parameters) * settings.gradient_scale;
  if (!std::isfinite(length)) return length;
  const bool clip = settings.gradient_clip > 0 && length > settings.gradient_clip;
  const auto scale = static_cast<float>(settings.gradient_scale * (clip ? settings.gradient_clip / length : 1.0));
  if (momentum_.empty())
    for (const Parameter& parameter : parameters) momentum_.emplace_back(parameter.values->size(), 0.0f);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].gradient) update(parameters[i], momentum_[i], settings, scale);
  return length;
}

double learning_rate_at(int step, int steps, int warm_up_steps, double peak) {
  if (step < warm_up_steps && warm_up_steps < steps) return peak * (step + 1) / warm_up_steps;
  const int warm = warm_up_steps < steps ? warm_up_steps : 0;
  const double done = static_cast<double>(step - warm) / std::max(1, steps - warm);
  return peak * 0.5 * (1 + std::cos(3.14159265358979323846 * done));
}

}  // namespace thimble
