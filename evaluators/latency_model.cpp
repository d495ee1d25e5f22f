#include "evaluators/latency_model.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "deploy/kernels/depthwise.h"
#include "deploy/pack/depthwise.hpp"
#include "graph/base/check.hpp"
#include "graph/window.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kAnyKernel = THIMBLE_KERNEL_COUNT;
constexpr int kFeatures = 12;
using Features = std::array<double, kFeatures>;
constexpr double kRidge = 1e-6;  ///< of the squared size of a feature column
/// Corrections shrink towards none where few layers of a form were measured.
constexpr double kFormRidge = 1e-2;

bool is_depthwise(const ProbeLayer& layer) {
  const auto kernel = static_cast<thimble_kernel_id>(layer.words[0]);
  return kernel == THIMBLE_MVE_DEPTHWISE || is_depthwise_kernel(kernel);
}

/// Kernels that one model serves: those of depthwise layers compute the same things, by windows and sizes.
std::uint64_t family_of(const ProbeLayer& layer) {
  const std::uint64_t id = layer.words[0];
  return id != THIMBLE_MVE_DEPTHWISE && is_depthwise(layer) ? std::uint64_t{THIMBLE_DEPTHWISE} : id;
}

bool clamps(const thimble_layer& shape) { return shape.activation_min > -128 || shape.activation_max < 127; }

/// Rows copied to the ring.
double ring_bytes(const thimble_layer& shape) {
  return shape.ring_rows > 0 ? 1.0 * shape.in_h * shape.in_w * shape.in_c : 0.0;
}

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

/// What any layer's time is made of.
Features general_features(const thimble_layer& shape, bool depthwise) {
  const Work work = depthwise ? depthwise_work(shape) : window_work(shape);
  const double rows = shape.out_h, pairs = rows * even(shape.out_w) / 2, outputs = 2 * pairs * shape.out_c;
  return {work.products,
          work.single_products,
          work.gathered,
          outputs,
          shape.relu ? 0.0 : outputs,  // a longer rounding
          clamps(shape) ? outputs : 0.0,
          pairs,
          rows * blocks_of_four(shape.out_c),
          rows,
          ring_bytes(shape),
          0.0,
          1.0};
}

/// Window positions times kernel indices that lie on the picture, along one dimension.
double taps_inside(int outputs, int stride, int pad, int kernel, int size) {
  double taps = 0;
  for (int i = 0; i < outputs; ++i) {
    const WindowSpan span = window_span(i, stride, pad, kernel, size);
    taps += std::max(span.end - span.begin, 0);
  }
  return taps;
}

/// Depthwise layers of one window and stride: blocks of four channels, row pairs, tiles of two by two outputs or five
/// of a row, a last odd row or column, products that meet pixels.
Features depthwise_features(const thimble_layer& shape) {
  const double blocks = blocks_of_four(shape.out_c), row_pairs = even(shape.out_h) / 2;
  const bool by_fives = shape.stride_h == 2 && shape.kernel_h > 3;
  const double tiles = by_fives ? shape.out_h * ((shape.out_w + 4) / 5) : row_pairs * even(shape.out_w) / 2;
  const double taps = taps_inside(shape.out_h, shape.stride_h, shape.pad_top, shape.kernel_h, shape.in_h) *
                      taps_inside(shape.out_w, shape.stride_w, shape.pad_left, shape.kernel_w, shape.in_w);
  const thimble_depthwise_passes passes = thimble_depthwise_passes_of(&shape);
  return {blocks,
          blocks * passes.count,
          blocks * row_pairs,
          blocks * tiles,
          blocks * passes.rows * shape.in_w,
          blocks * taps,
          blocks * shape.out_h * shape.out_w,
          blocks * shape.out_h * (shape.out_w % 2),
          blocks * (shape.out_h % 2) * shape.out_w,
          (shape.relu ? 0.0 : 1.0) * blocks * shape.out_h * shape.out_w,
          clamps(shape) ? blocks * shape.out_h * shape.out_w : 0.0,
          1.0};
}

/// Layers that a kernel computes in the same way have a correction of their own on its model.
struct Form {
  std::uint64_t key = 0;
  Features features;
};

/// In a key; without kIsForm a key is a family.
constexpr std::uint64_t kFamilyMask = 0xff, kIsForm = 1u << 8;
bool is_form(std::uint64_t key) { return (key & kIsForm) != 0; }
Form form_of(const ProbeLayer& layer, const thimble_layer& shape) {
  const std::uint64_t id = layer.words[0], family = family_of(layer);
  if (is_depthwise(layer))
    return {family | kIsForm | id << 48 | std::uint64_t{shape.kernel_h} << 16 | std::uint64_t{shape.kernel_w} << 24 |
                std::uint64_t{shape.stride_h} << 32 | std::uint64_t{shape.stride_w} << 40,
            depthwise_features(shape)};
  const bool in_registers = shape.in_c == 8 || shape.in_c == 16, widened_once = shape.in_c <= 3;
  const unsigned form = id == THIMBLE_POINTWISE ? in_registers : id == THIMBLE_CONV2D ? 2u * widened_once : 0u;
  return {family | kIsForm | form << 16, general_features(shape, false)};
}

thimble_layer shape_of(const ProbeLayer& layer) {
  thimble_layer shape{};
  thimble_layer_from_words(&shape, layer.words.data());
  return shape;
}

struct Sample {
  Features features;
  double cycles = 0;
  double aim = 0;      ///< what is fitted: the cycles, or what another model leaves of them
  Features general{};  ///< of a form's sample: what its kernel's model sees
};

/// Minimises the squared relative errors, with the features scaled to comparable sizes.
std::vector<double> regress(const std::vector<Sample>& samples, double ridge) {
  Eigen::MatrixXd rows(static_cast<Eigen::Index>(samples.size()), kFeatures);
  for (std::size_t i = 0; i < samples.size(); ++i)
    for (int f = 0; f < kFeatures; ++f)
      rows(static_cast<Eigen::Index>(i), f) =
          samples[i].features[static_cast<std::size_t>(f)] / std::max(samples[i].cycles, 1.0);
  Eigen::VectorXd scale = rows.colwise().norm().transpose();
  for (double& s : scale) s = s > 0 ? s : 1;
  const Eigen::MatrixXd scaled = rows * scale.cwiseInverse().asDiagonal();
  const Eigen::MatrixXd normal = scaled.transpose() * scaled + ridge * Eigen::MatrixXd::Identity(kFeatures, kFeatures);
  Eigen::VectorXd aims(rows.rows());
  for (std::size_t i = 0; i < samples.size(); ++i)
    aims(static_cast<Eigen::Index>(i)) = samples[i].aim / std::max(samples[i].cycles, 1.0);
  const Eigen::VectorXd right = scaled.transpose() * aims;
  const Eigen::VectorXd solution = normal.ldlt().solve(right).cwiseQuotient(scale);
  return {solution.data(), solution.data() + kFeatures};
}

double dot(const std::vector<double>& a, const Features& b) {
  double sum = 0;
  for (std::size_t i = 0; i < b.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Layers by form, by kernel, and all of them under kAnyKernel; equal ones once.
std::map<std::uint64_t, std::vector<Sample>> samples_of(std::span<const ProbedPlan> probed) {
  std::map<std::uint64_t, std::vector<Sample>> samples;
  std::set<std::pair<std::uint64_t, Features>> seen;
  for (const ProbedPlan& one : probed) {
    const auto& measured = one.measurement.layers;
    for (std::size_t i = 0; i < std::min(measured.size(), one.plan.layers.size()); ++i) {
      const ProbeLayer& layer = one.plan.layers[i];
      const thimble_layer shape = shape_of(layer);
      const std::uint64_t kernel = family_of(layer);
      const auto cycles = static_cast<double>(measured[i].cycles);
      const Form form = form_of(layer, shape);
      if (!seen.insert({form.key, form.features}).second) continue;
      const Features general = general_features(shape, is_depthwise(layer));
      samples[form.key].push_back({form.features, cycles, cycles, general});
      samples[kernel].push_back({general, cycles, cycles, {}});
      samples[kAnyKernel].push_back({general, cycles, cycles, {}});
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
  for (auto& [key, samples] : samples_of(probed)) {  // kernels come before their forms
    if (is_form(key)) {
      const std::vector<double>& kernel = model.coefficients_.at(key & kFamilyMask);
      for (Sample& sample : samples) sample.aim -= dot(kernel, sample.general);
    }
    model.coefficients_[key] = regress(samples, is_form(key) ? kFormRidge : kRidge);
  }
  THIMBLE_CHECK(!model.coefficients_.empty(), "no plan was measured layer by layer");
  model.overhead_per_layer_ = mean_overhead(probed);
  return model;
}

double LatencyModel::predict(const ProbePlan& plan) const {
  double cycles = 0;
  for (const ProbeLayer& layer : plan.layers) cycles += std::max(0.0, predict(layer) + overhead_per_layer_);
  return cycles;
}

double LatencyModel::predict(const ProbeLayer& layer) const {
  const thimble_layer shape = shape_of(layer);
  const auto kernel = coefficients_.find(family_of(layer));
  const double cycles = dot(kernel != coefficients_.end() ? kernel->second : coefficients_.at(kAnyKernel),
                            general_features(shape, is_depthwise(layer)));
  const Form form = form_of(layer, shape);
  const auto correction = coefficients_.find(form.key);
  return correction == coefficients_.end() ? cycles : cycles + dot(correction->second, form.features);
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
