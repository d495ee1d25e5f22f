#include "evaluators/latency_model.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <set>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

constexpr std::uint32_t kAnyKernel = THIMBLE_KERNEL_COUNT;
constexpr int kFeatures = 11;
constexpr double kRidge = 1e-6;  ///< of the squared size of a feature column

double even(int count) { return count + count % 2; }
double blocks_of_four(int count) { return (count + 3) / 4; }

/// Work in the units of the kernels: two outputs of a row and four channels at a time, two products at once.
struct Work {
  double products = 0;         ///< of outputs that come in pairs
  double single_products = 0;  ///< of a last output of its own
  double gathered = 0;         ///< words of input made ready
};

Work depthwise_work(const thimble_layer& shape) {
  const int taps = shape.kernel_h / 2 * shape.kernel_w + shape.kernel_h % 2 * ((shape.kernel_w + 1) / 2);
  const double columns = (even(shape.out_w) - 1) * shape.stride_w + shape.kernel_w + 1;
  return {shape.out_h * even(shape.out_w) * shape.out_c * taps, 0,
          shape.out_h * columns * ((shape.kernel_h + 1) / 2) * blocks_of_four(shape.out_c)};
}

Work window_work(const thimble_layer& shape) {
  const double column = blocks_of_four(shape.kernel_h * shape.kernel_w * shape.in_c);
  const double per_output = 8 * shape.out_h * blocks_of_four(shape.out_c) * column;
  return {per_output * (shape.out_w - shape.out_w % 2), per_output * (shape.out_w % 2),
          1.0 * shape.out_h * shape.out_w * column};
}

/// What a layer's time is made of.
std::vector<double> features_of(const ProbeLayer& layer) {
  thimble_layer shape{};
  thimble_layer_from_words(&shape, layer.words.data());
  const Work work = layer.words[0] == THIMBLE_DEPTHWISE ? depthwise_work(shape) : window_work(shape);
  const double rows = shape.out_h, pairs = rows * even(shape.out_w) / 2, outputs = 2 * pairs * shape.out_c;
  const bool clamps = shape.activation_min > -128 || shape.activation_max < 127;
  return {work.products,
          work.single_products,
          work.gathered,
          outputs,
          shape.relu ? 0.0 : outputs,  // a longer rounding
          clamps ? outputs : 0.0,      // one more pass
          pairs,
          rows * blocks_of_four(shape.out_c),
          rows,
          shape.ring_rows > 0 ? 1.0 * shape.in_h * shape.in_w * shape.in_c : 0.0,  // rows copied to the ring
          1.0};
}

struct Sample {
  std::vector<double> features;
  double cycles = 0;
};

/// Minimises the squared relative errors, with the features scaled to comparable sizes.
std::vector<double> regress(const std::vector<Sample>& samples) {
  Eigen::MatrixXd rows(static_cast<Eigen::Index>(samples.size()), kFeatures);
  for (std::size_t i = 0; i < samples.size(); ++i)
    for (int f = 0; f < kFeatures; ++f)
      rows(static_cast<Eigen::Index>(i), f) =
          samples[i].features[static_cast<std::size_t>(f)] / std::max(samples[i].cycles, 1.0);
  Eigen::VectorXd scale = rows.colwise().norm().transpose();
  for (double& s : scale) s = s > 0 ? s : 1;
  const Eigen::MatrixXd scaled = rows * scale.cwiseInverse().asDiagonal();
  const Eigen::MatrixXd normal = scaled.transpose() * scaled + kRidge * Eigen::MatrixXd::Identity(kFeatures, kFeatures);
  const Eigen::VectorXd right = scaled.transpose() * Eigen::VectorXd::Ones(rows.rows());
  const Eigen::VectorXd solution = normal.ldlt().solve(right).cwiseQuotient(scale);
  return {solution.data(), solution.data() + kFeatures};
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Layers by kernel, and all of them under kAnyKernel; equal ones once.
std::map<std::uint32_t, std::vector<Sample>> samples_of(std::span<const ProbedPlan> probed) {
  std::map<std::uint32_t, std::vector<Sample>> samples;
  std::set<std::vector<double>> seen;
  for (const ProbedPlan& one : probed) {
    const auto& measured = one.measurement.layers;
    for (std::size_t i = 0; i < std::min(measured.size(), one.plan.layers.size()); ++i) {
      const ProbeLayer& layer = one.plan.layers[i];
      const Sample sample{features_of(layer), static_cast<double>(measured[i].cycles)};
      std::vector<double> key = sample.features;
      key.push_back(layer.words[0]);
      if (!seen.insert(std::move(key)).second) continue;
      samples[layer.words[0]].push_back(sample);
      samples[kAnyKernel].push_back(sample);
    }
  }
  return samples;
}

double mean_overhead(std::span<const ProbedPlan> probed) {
  double cycles = 0, layers = 0;
  for (const ProbedPlan& one : probed) {
    if (one.measurement.layers.empty()) continue;
    cycles += static_cast<double>(one.measurement.cycles);
    for (const LayerMeasurement& layer : one.measurement.layers) cycles -= static_cast<double>(layer.cycles);
    layers += static_cast<double>(one.measurement.layers.size());
  }
  return layers > 0 ? cycles / layers : 0;
}

}  // namespace

LatencyModel LatencyModel::fit(std::span<const ProbedPlan> probed) {
  LatencyModel model;
  for (const auto& [kernel, samples] : samples_of(probed)) model.coefficients_[kernel] = regress(samples);
  THIMBLE_CHECK(!model.coefficients_.empty(), "no plan was measured layer by layer");
  model.overhead_per_layer_ = mean_overhead(probed);
  return model;
}

double LatencyModel::predict(const ProbePlan& plan) const {
  double cycles = 0;
  for (const ProbeLayer& layer : plan.layers) {
    const auto found = coefficients_.find(layer.words[0]);
    const auto& coefficients = found != coefficients_.end() ? found->second : coefficients_.at(kAnyKernel);
    cycles += std::max(0.0, dot(coefficients, features_of(layer)) + overhead_per_layer_);
  }
  return cycles;
}

PredictionError cross_validate(std::span<const ProbedPlan> probed, int folds) {
  THIMBLE_CHECK(probed.size() >= 2, "cross-validation of fewer than two plans");
  const std::size_t count = std::min(probed.size(), static_cast<std::size_t>(folds));
  PredictionError error;
  for (std::size_t fold = 0; fold < count; ++fold) {
    std::vector<ProbedPlan> seen;
    for (std::size_t i = 0; i < probed.size(); ++i)
      if (i % count != fold) seen.push_back(probed[i]);
    const LatencyModel model = LatencyModel::fit(seen);
    for (std::size_t i = fold; i < probed.size(); i += count) {
      const double measured = static_cast<double>(probed[i].measurement.cycles);
      const double share = std::abs(model.predict(probed[i].plan) - measured) / measured;
      error.mean += share;
      error.worst = std::max(error.worst, share);
      ++error.plans;
    }
  }
  error.mean /= error.plans;
  return error;
}

}  // namespace thimble
