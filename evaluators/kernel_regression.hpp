#pragma once
#include <vector>

#include "evaluators/mlp.hpp"

namespace thimble {

/// All that a kernel regression consists of.
struct KernelParameters {
  std::vector<double> centre;   ///< of each feature
  std::vector<double> weights;  ///< that features are multiplied by once the centre is taken off
  double length = 1;            ///< distance at which rows stop to be alike
  double linear = 0;            ///< how much of the kernel is linear
  double ridge = 0;             ///< on the diagonal: the variance of the aims' noise
  double mean = 0;              ///< of the aims
  FeatureRows rows;             ///< it was fitted to, weighted
  std::vector<double> factors;  ///< of the rows in the prediction

  bool operator==(const KernelParameters&) const = default;
};

/// Kernel ridge regression, which is the mean of a Gaussian process (Rasmussen, Williams 2006, chapter 2), with the
/// kernel  exp(-|x - y|^2 / (2 length^2)) + linear * x.y  on weighted features. A feature weighs as much as a linear
/// ridge regression says that it matters. Length, linear share and ridge are those with the least error of predicting
/// each row from all others.
class KernelRegression {
 public:
  /// The same rows and aims give the same regression. @pre as many aims as rows, at least two
  static KernelRegression fit(const FeatureRows& rows, const std::vector<double>& aims);
  explicit KernelRegression(KernelParameters parameters) : parameters_(std::move(parameters)) {}
  double predict(const std::vector<double>& row) const;
  const KernelParameters& parameters() const { return parameters_; }

 private:
  KernelParameters parameters_;
};

/// A linear function of the features.
struct LinearParameters {
  std::vector<double> centre, coefficients;
  double mean = 0;
  bool operator==(const LinearParameters&) const = default;
};

/// Linear ridge regression; the ridge is the one with the least error of predicting each row from all others.
class LinearRegression {
 public:
  /// @pre as many aims as rows, at least two
  static LinearRegression fit(const FeatureRows& rows, const std::vector<double>& aims);
  explicit LinearRegression(LinearParameters parameters) : parameters_(std::move(parameters)) {}
  double predict(const std::vector<double>& row) const;
  const LinearParameters& parameters() const { return parameters_; }

 private:
  LinearParameters parameters_;
};

}  // namespace thimble
