#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "evaluators/accuracy_survey.hpp"
#include "evaluators/kernel_regression.hpp"
#include "evaluators/mlp.hpp"
#include "graph/base/result.hpp"

namespace thimble {

/// How predictions go with measurements that the model has not seen. Errors in fractions of the pictures.
struct PredictorQuality {
  double kendall_tau = 0, spearman_rho = 0;
  double mean_error = 0, root_mean_square_error = 0;  ///< of top-1; absolute
  int pairs = 0;

  bool operator==(const PredictorQuality&) const = default;
};

/// @pre as many in both, at least one
PredictorQuality predictor_quality(std::span<const double> predicted, std::span<const double> measured);

/// Top-1 of a subnet before it is measured, from pairs of subnets of one space and their accuracy with one supernet.
///
/// Models: "mlp" (once-for-all's network on `encode`), "kernel_ridge" and "ridge" (on `encode_with_costs`). All of them
/// are fitted to arcsin(sqrt(top1)), whose error by the choice of pictures is the same at 60 % as at 99 %.
class AccuracyPredictor {
 public:
  using Model = std::variant<Mlp, KernelRegression, LinearRegression>;
  static const std::vector<std::string>& models();  ///< names

  /// @param model  one of `models()`
  /// @pre at least two pairs, all of the space
  static AccuracyPredictor fit(const SearchSpace& space, std::span<const AccuracyPair> pairs, const std::string& model,
                               std::uint64_t seed);
  /// @param seen  per column of `encode`: whether any pair of the training had it
  AccuracyPredictor(SearchSpace space, Model model, std::vector<bool> seen);

  /// A fraction, or why there is none: the subnet is not of the space, or makes a choice that no subnet of the training
  /// made.
  Result<double, std::string> predict(const Subnet& subnet) const;

  const std::string& model_name() const { return models()[model_.index()]; }
  const SearchSpace& space() const { return space_; }
  const Model& model() const { return model_; }
  const std::vector<bool>& seen() const { return seen_; }

 private:
  SearchSpace space_;
  Model model_;
  std::vector<bool> seen_;
};

/// How one kind of model did.
struct ModelScore {
  std::string model;
  PredictorQuality cross_validated;  ///< over the training pairs: what the choice is made by
  PredictorQuality held_out;         ///< on pairs that no fit and no choice has seen

  bool operator==(const ModelScore&) const = default;
};

/// How far the choice of validation pictures alone blurs an order of subnets.
struct AccuracyNoise {
  double tau_between_halves = 0;  ///< of top-1 on even and on odd pictures, over the held-out pairs
  /// Expected of the true order with the measured one: 2/pi asin(sqrt(r)), r the reliability of the whole set by the
  /// correlation of its halves (Spearman 1910, Brown 1910), for normal accuracies. What a predictor reaches on other
  /// pictures; on those that it was fitted to, it also learns what is peculiar to them, and may come out above.
  double tau_ceiling = 0;

  bool operator==(const AccuracyNoise&) const = default;
};
AccuracyNoise accuracy_noise(std::span<const AccuracyPair> pairs);

struct PredictorOptions {
  std::vector<std::string> models = AccuracyPredictor::models();  ///< kinds that are compared, at least one
  double held_out = 0.2;                                          ///< share of the pairs
  int folds = 5;
  int threads = 2;  ///< fits at once; the result is the same for any number
  std::uint64_t seed = 1;
  std::function<void(int done, int fits)> progress{};  ///< called from one thread at a time
};

/// The kind of model that ranked best in cross-validation, fitted to all training pairs.
struct ChosenPredictor {
  AccuracyPredictor predictor;
  std::vector<ModelScore> scores;  ///< of all kinds that were compared
  AccuracyNoise noise;
  int training_pairs = 0;

  const ModelScore& score() const;  ///< of the chosen kind
};

inline constexpr int kLeastPredictorPairs = 20;  ///< for there to be folds and held-out pairs at all

/// Holds some of the pairs out, compares the kinds of model by cross-validation over the others, and fits the best.
/// @pre at least kLeastPredictorPairs pairs
ChosenPredictor choose_predictor(const SearchSpace& space, std::span<const AccuracyPair> pairs,
                                 const PredictorOptions& options);

/// Why not to rely on a predictor of such figures: too few pairs, or they rank too badly. Empty: nothing speaks
/// against it.
std::vector<std::string> reasons_against(const SearchSpace& space, const PredictorQuality& held_out,
                                         int training_pairs);

}  // namespace thimble
