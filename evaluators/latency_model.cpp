#include "evaluators/latency_model.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

/// Of a layer; of a form's layers, what its kernel's model says comes behind them.
constexpr std::size_t kFeatures = LatencyModel::kCoefficients;
constexpr auto kColumns = static_cast<Eigen::Index>(kFeatures);
using Features = std::array<double, kFeatures>;
/// To choose from, of the squared size of a feature column; the first where there is nothing to choose by.
constexpr double kRidges[] = {1e-3, 1e-1, 1e-2, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9};
constexpr Eigen::Index kRidgeFolds = 5;
constexpr const char* kAnyKernel = "any";
constexpr std::size_t kFirstShapeWord = 6;  ///< in_h; the words between the kernel's and it are offsets

Features with_last(const LatencyFeatures& features, double last) {
  Features result{};
  std::copy(features.begin(), features.end(), result.begin());
  result.back() = last;
  return result;
}

struct Sample {
  Features features;
  double cycles = 0;
  double aim = 0;  ///< what is fitted: the cycles, or what another model leaves of them
};

/// Rows of features and aims relative to the cycles, with the features scaled to comparable sizes.
struct Scaled {
  Eigen::MatrixXd rows;
  Eigen::VectorXd aims, scale;
};

Scaled scaled(const std::vector<Sample>& samples) {
  Scaled result{Eigen::MatrixXd(static_cast<Eigen::Index>(samples.size()), kColumns),
                Eigen::VectorXd(static_cast<Eigen::Index>(samples.size())), Eigen::VectorXd()};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    const double weight = 1 / std::max(samples[i].cycles, 1.0);
    for (std::size_t f = 0; f < kFeatures; ++f)
      result.rows(row, static_cast<Eigen::Index>(f)) = samples[i].features[f] * weight;
    result.aims(row) = samples[i].aim * weight;
  }
  result.scale = result.rows.colwise().norm().transpose();
  for (double& s : result.scale) s = s > 0 ? s : 1;
  result.rows = result.rows * result.scale.cwiseInverse().asDiagonal();
  return result;
}

Eigen::VectorXd solve(const Eigen::MatrixXd& gram, const Eigen::VectorXd& right, double ridge) {
  return (gram + ridge * Eigen::MatrixXd::Identity(kColumns, kColumns)).ldlt().solve(right);
}

/// The ridge whose fits to some of the samples err least on the others.
double best_ridge(const Scaled& all, const Eigen::MatrixXd& gram, const Eigen::VectorXd& right) {
  const Eigen::Index folds = std::min<Eigen::Index>(kRidgeFolds, all.rows.rows());
  if (folds < 2) return kRidges[0];
  std::array<double, std::size(kRidges)> errors{};
  for (Eigen::Index fold = 0; fold < folds; ++fold) {
    const auto held = Eigen::seq(fold, all.rows.rows() - 1, folds);
    const Eigen::MatrixXd rows = all.rows(held, Eigen::all);
    const Eigen::VectorXd aims = all.aims(held);
    const Eigen::MatrixXd seen_gram = gram - rows.transpose() * rows;
    const Eigen::VectorXd seen_right = right - rows.transpose() * aims;
    for (std::size_t i = 0; i < errors.size(); ++i)
      errors[i] += (rows * solve(seen_gram, seen_right, kRidges[i]) - aims).squaredNorm();
  }
  return kRidges[std::min_element(errors.begin(), errors.end()) - errors.begin()];
}

/// Minimises the squared relative errors; coefficients shrink towards none where few layers were measured, or noisily.
std::vector<double> ridge_regression(const std::vector<Sample>& samples) {
  const Scaled all = scaled(samples);
  const Eigen::MatrixXd gram = all.rows.transpose() * all.rows;
  const Eigen::VectorXd right = all.rows.transpose() * all.aims;
  const Eigen::VectorXd solution = solve(gram, right, best_ridge(all, gram, right)).cwiseQuotient(all.scale);
  return {solution.data(), solution.data() + kColumns};
}

double dot(const std::vector<double>& a, const Features& b) {
  double sum = 0;
  for (std::size_t i = 0; i < b.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// The shape as a layer, with all tensors at the arena's start.
ProbeLayer layer_of(const LayerShape& shape, const TimedShape& timed) {
  ProbeLayer layer;
  layer.op = timed.op;
  layer.macs = timed.macs;
  layer.words[0] = shape[0];
  std::copy(shape.begin() + 1, shape.end(), layer.words.begin() + kFirstShapeWord);
  return layer;
}

}  // namespace

LayerShape layer_shape_of(const ProbeLayer& layer) {
  LayerShape shape{layer.words[0]};
  std::copy(layer.words.begin() + kFirstShapeWord, layer.words.end(), shape.begin() + 1);
  return shape;
}

LatencyModel LatencyModel::fit(std::span<const ProbedPlan> probed, const LatencyModel* before) {
  LatencyModel model;
  if (before != nullptr) model = *before;
  model.add(probed);
  THIMBLE_CHECK(!model.parameters_.table.empty(), "no plan was measured layer by layer");
  model.regress();
  return model;
}

void LatencyModel::add(std::span<const ProbedPlan> probed) {
  LatencyParameters& p = parameters_;
  double overhead = p.overhead_per_layer * static_cast<double>(p.overhead_layers);
  for (const ProbedPlan& one : probed) {
    const std::vector<LayerMeasurement>& measured = one.measurement.layers;
    if (measured.empty()) continue;
    overhead += static_cast<double>(one.measurement.cycles);
    p.overhead_layers += static_cast<std::int64_t>(measured.size());
    for (const LayerMeasurement& layer : measured) overhead -= static_cast<double>(layer.cycles);
    for (std::size_t i = 0; i < std::min(measured.size(), one.plan.layers.size()); ++i) {
      const ProbeLayer& layer = one.plan.layers[i];
      TimedShape& timed = p.table.try_emplace(layer_shape_of(layer), TimedShape{layer.op, layer.macs}).first->second;
      timed.cycles += (static_cast<double>(measured[i].cycles) - timed.cycles) / static_cast<double>(++timed.seen);
    }
  }
  p.overhead_per_layer = p.overhead_layers > 0 ? overhead / static_cast<double>(p.overhead_layers) : 0;
}

void LatencyModel::regress() {
  struct Row {
    LatencyTerms terms;
    double cycles;
  };
  std::vector<Row> rows;
  for (const auto& [shape, timed] : parameters_.table)
    rows.push_back({latency_terms(layer_of(shape, timed)), timed.cycles});

  std::map<std::string, std::vector<Sample>> kernels, forms;
  for (const Row& row : rows) {
    kernels[kAnyKernel].push_back({with_last(row.terms.any, 0), row.cycles, row.cycles});
    kernels[row.terms.kernel].push_back({with_last(row.terms.general, 0), row.cycles, row.cycles});
  }
  parameters_.kernels.clear();
  for (const auto& [name, samples] : kernels) parameters_.kernels[name] = ridge_regression(samples);

  for (const Row& row : rows) {
    const double general = dot(parameters_.kernels.at(row.terms.kernel), with_last(row.terms.general, 0));
    forms[row.terms.form].push_back({with_last(row.terms.special, general), row.cycles, row.cycles - general});
  }
  parameters_.forms.clear();
  for (const auto& [name, samples] : forms) parameters_.forms[name] = ridge_regression(samples);
}

double LatencyModel::predict(const ProbePlan& plan) const {
  double cycles = 0;
  for (const ProbeLayer& layer : plan.layers) cycles += std::max(0.0, predict(layer) + parameters_.overhead_per_layer);
  return cycles;
}

double LatencyModel::predict(const ProbeLayer& layer) const {
  const auto known = parameters_.table.find(layer_shape_of(layer));
  return known != parameters_.table.end() ? known->second.cycles : fitted(layer);
}

double LatencyModel::fitted(const ProbeLayer& layer) const {
  const LatencyTerms terms = latency_terms(layer);
  const auto kernel = parameters_.kernels.find(terms.kernel);
  if (kernel == parameters_.kernels.end())
    return std::max(0.0, dot(parameters_.kernels.at(kAnyKernel), with_last(terms.any, 0)));
  const double general = dot(kernel->second, with_last(terms.general, 0));
  const auto form = parameters_.forms.find(terms.form);
  if (form == parameters_.forms.end()) return std::max(0.0, general);
  return std::max(0.0, general + dot(form->second, with_last(terms.special, general)));
}

PredictionError prediction_error(std::vector<double> errors) {
  THIMBLE_CHECK(!errors.empty(), "an error of no predictions");
  PredictionError result;
  const auto count = static_cast<double>(errors.size());
  for (double& error : errors) {
    result.bias += error / count;
    error = std::abs(error);
    result.mean += error / count;
  }
  std::sort(errors.begin(), errors.end());
  const std::size_t middle = errors.size() / 2;
  result.median = errors.size() % 2 != 0 ? errors[middle] : (errors[middle - 1] + errors[middle]) / 2;
  result.percentile_90 = errors[static_cast<std::size_t>(std::ceil(0.9 * count)) - 1];
  result.worst = errors.back();
  result.plans = static_cast<int>(errors.size());
  return result;
}

namespace {

double signed_error(const LatencyModel& model, const ProbedPlan& one) {
  return model.predict(one.plan) / static_cast<double>(one.measurement.cycles) - 1;
}

}  // namespace

PredictionError prediction_error(const LatencyModel& model, std::span<const ProbedPlan> unseen) {
  std::vector<double> errors;
  for (const ProbedPlan& one : unseen) errors.push_back(signed_error(model, one));
  return prediction_error(std::move(errors));
}

PredictionError cross_validate(std::span<const ProbedPlan> probed, int folds) {
  THIMBLE_CHECK(probed.size() >= 2, "cross-validation of fewer than two plans");
  const std::size_t count = std::min(probed.size(), static_cast<std::size_t>(folds));
  std::vector<double> errors;
  for (std::size_t fold = 0; fold < count; ++fold) {
    std::vector<ProbedPlan> seen;
    for (std::size_t i = 0; i < probed.size(); ++i)
      if (i % count != fold) seen.push_back(probed[i]);
    const LatencyModel model = LatencyModel::fit(seen);
    for (std::size_t i = fold; i < probed.size(); i += count) errors.push_back(signed_error(model, probed[i]));
  }
  return prediction_error(std::move(errors));
}

}  // namespace thimble
