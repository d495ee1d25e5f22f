#include "evaluators/kernel_regression.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kLinearRidges[] = {1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100};
constexpr double kLengths[] = {0.5, 1, 2, 4, 8};  ///< times the typical distance of rows
constexpr double kLinears[] = {0, 0.3};
constexpr double kRidges[] = {1e-3, 1e-2, 0.03, 0.1, 0.3, 1};
/// A feature that a linear function has no use for may still matter a little: so much of the mean weight.
constexpr double kLeastWeight = 0.1;
constexpr Index kRowsToChooseBy = 400;  ///< for the kernel's numbers; the fit itself is to all rows

MatrixXd matrix_of(const FeatureRows& rows) {
  MatrixXd matrix(static_cast<Index>(rows.size()), static_cast<Index>(rows.front().size()));
  for (Index i = 0; i < matrix.rows(); ++i)
    matrix.row(i) = Eigen::Map<const Eigen::RowVectorXd>(rows[static_cast<std::size_t>(i)].data(), matrix.cols());
  return matrix;
}

VectorXd vector_of(const std::vector<double>& values) {
  return Eigen::Map<const VectorXd>(values.data(), static_cast<Index>(values.size()));
}

std::vector<double> list_of(const VectorXd& values) { return {values.data(), values.data() + values.size()}; }

/// Mean squared error of predicting each row from all others, for a symmetric positive `kernel` + ridge: the residual
/// over the inverse's diagonal (Rasmussen, Williams 2006, section 5.4.2).
struct LeaveOneOut {
  Eigen::SelfAdjointEigenSolver<MatrixXd> solver;
  VectorXd turned;  ///< the aims in the eigenvectors' basis

  LeaveOneOut(const MatrixXd& kernel, const VectorXd& aims)
      : solver(kernel), turned(solver.eigenvectors().transpose() * aims) {}

  double error(double ridge) const {
    const VectorXd inverse = (solver.eigenvalues().array().max(0) + ridge).inverse();
    const VectorXd factors = solver.eigenvectors() * inverse.cwiseProduct(turned);
    const VectorXd diagonal = solver.eigenvectors().cwiseAbs2() * inverse;
    return factors.cwiseQuotient(diagonal).squaredNorm() / static_cast<double>(factors.size());
  }
};

/// Centred, as every fit starts.
struct Centred {
  VectorXd centre, aims;
  MatrixXd rows;
  double mean;

  Centred(const FeatureRows& features, const std::vector<double>& values) : aims(vector_of(values)) {
    THIMBLE_CHECK(features.size() >= 2 && features.size() == values.size(), "a fit needs an aim per row");
    rows = matrix_of(features);
    centre = rows.colwise().mean().transpose();
    rows.rowwise() -= centre.transpose();
    mean = aims.mean();
    aims.array() -= mean;
  }
};

VectorXd linear_coefficients(const Centred& all) {
  const MatrixXd gram = all.rows.transpose() * all.rows;
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(gram);
  const MatrixXd turned = all.rows * solver.eigenvectors();
  const VectorXd right = turned.transpose() * all.aims;
  double best = std::numeric_limits<double>::infinity();
  VectorXd coefficients;
  for (const double ridge : kLinearRidges) {
    const VectorXd inverse = (solver.eigenvalues().array().max(0) + ridge).inverse();
    const VectorXd solution = inverse.cwiseProduct(right);
    const VectorXd leverage = turned.cwiseAbs2() * inverse;
    const VectorXd left_out = (all.aims - turned * solution).array() / (1 - leverage.array()).max(1e-6);
    if (left_out.squaredNorm() >= best) continue;
    best = left_out.squaredNorm();
    coefficients = solver.eigenvectors() * solution;
  }
  return coefficients;
}

MatrixXd squared_distances(const MatrixXd& a, const MatrixXd& b) {
  MatrixXd distances = -2 * a * b.transpose();
  distances.colwise() += a.rowwise().squaredNorm();
  distances.rowwise() += b.rowwise().squaredNorm().transpose();
  return distances.cwiseMax(0);
}

MatrixXd kernel(const MatrixXd& a, const MatrixXd& b, double length, double linear) {
  MatrixXd k = (squared_distances(a, b) / (-2 * length * length)).array().exp();
  if (linear > 0) k += linear * a * b.transpose();
  return k;
}

/// Weighted so that the typical distance of two rows is 1.
VectorXd feature_weights(const Centred& all) {
  VectorXd weights = linear_coefficients(all).cwiseAbs();
  const double mean = weights.mean();
  weights = mean > 0 ? VectorXd(weights.array().max(kLeastWeight * mean)) : VectorXd::Ones(weights.size());
  const double spread = 2 * (all.rows * weights.asDiagonal()).squaredNorm() / static_cast<double>(all.rows.rows());
  return spread > 0 ? VectorXd(weights / std::sqrt(spread)) : weights;
}

/// Length, linear share and ridge, chosen by some of the rows.
void choose(KernelParameters& p, const MatrixXd& rows, const VectorXd& aims) {
  const Index count = std::min(kRowsToChooseBy, rows.rows());
  const MatrixXd some = rows.topRows(count);
  const double variance = std::max(aims.squaredNorm() / static_cast<double>(aims.size()), 1e-30);
  const VectorXd scaled = aims.head(count) / std::sqrt(variance);
  double best = std::numeric_limits<double>::infinity();
  for (const double length : kLengths)
    for (const double linear : kLinears) {
      const LeaveOneOut tried(kernel(some, some, length, linear), scaled);
      for (const double ridge : kRidges)
        if (const double error = tried.error(ridge); error < best) {
          best = error;
          p.length = length, p.linear = linear, p.ridge = ridge;
        }
    }
}

}  // namespace

KernelRegression KernelRegression::fit(const FeatureRows& features, const std::vector<double>& aims) {
  Centred all(features, aims);
  const VectorXd weights = feature_weights(all);
  const MatrixXd rows = all.rows * weights.asDiagonal();
  KernelParameters p;
  p.centre = list_of(all.centre), p.weights = list_of(weights), p.mean = all.mean;
  choose(p, rows, all.aims);
  MatrixXd k = kernel(rows, rows, p.length, p.linear);
  k.diagonal().array() += p.ridge;
  p.factors = list_of(k.ldlt().solve(all.aims));
  for (Index i = 0; i < rows.rows(); ++i) p.rows.push_back(list_of(rows.row(i).transpose()));
  return KernelRegression(std::move(p));
}

double KernelRegression::predict(const std::vector<double>& row) const {
  const KernelParameters& p = parameters_;
  THIMBLE_CHECK(row.size() == p.centre.size(), "a row of another encoding");
  const VectorXd at = (vector_of(row) - vector_of(p.centre)).cwiseProduct(vector_of(p.weights));
  double sum = p.mean;
  for (std::size_t i = 0; i < p.rows.size(); ++i) {
    const Eigen::Map<const VectorXd> other(p.rows[i].data(), at.size());
    const double alike = std::exp(-(at - other).squaredNorm() / (2 * p.length * p.length));
    sum += p.factors[i] * (alike + p.linear * at.dot(other));
  }
  return sum;
}

LinearRegression LinearRegression::fit(const FeatureRows& features, const std::vector<double>& aims) {
  const Centred all(features, aims);
  return LinearRegression({list_of(all.centre), list_of(linear_coefficients(all)), all.mean});
}

double LinearRegression::predict(const std::vector<double>& row) const {
  const LinearParameters& p = parameters_;
  THIMBLE_CHECK(row.size() == p.centre.size(), "a row of another encoding");
  return p.mean + (vector_of(row) - vector_of(p.centre)).dot(vector_of(p.coefficients));
}

}  // namespace thimble
