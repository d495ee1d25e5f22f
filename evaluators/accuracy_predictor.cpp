#include "evaluators/accuracy_predictor.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <numeric>
#include <optional>

#include "evaluators/rank_correlation.hpp"
#include "evaluators/subnet_encoding.hpp"
#include "graph/base/check.hpp"
#include "graph/base/parallel.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kSplitStream = 0x73706c6974;
constexpr double kLeastTau = 0.7;
constexpr int kLeastHeldOut = 50;
constexpr int kLeastPairsPerColumn = 4;  ///< training pairs for each choice that a space offers

double aim_of(double top1) { return std::asin(std::sqrt(std::clamp(top1, 0.0, 1.0))); }

double top1_of(double aim) {
  const double root = std::sin(std::clamp(aim, 0.0, std::asin(1.0)));
  return root * root;
}

bool takes_costs(const std::string& model) { return model != "mlp"; }

std::vector<double> row_of(const SearchSpace& space, const Subnet& subnet, const std::string& model) {
  return takes_costs(model) ? encode_with_costs(space, subnet) : encode(space, subnet);
}

AccuracyPredictor::Model fitted(const std::string& model, const FeatureRows& rows, const std::vector<double>& aims,
                                std::uint64_t seed) {
  if (model == "mlp") return Mlp::fit(rows, aims, {.seed = seed});
  if (model == "kernel_ridge") return KernelRegression::fit(rows, aims);
  THIMBLE_CHECK(model == "ridge", "no model of this name: " + model);
  return LinearRegression::fit(rows, aims);
}

std::vector<AccuracyPair> some(std::span<const AccuracyPair> pairs, std::span<const std::size_t> indices) {
  std::vector<AccuracyPair> chosen;
  for (const std::size_t i : indices) chosen.push_back(pairs[i]);
  return chosen;
}

/// A subnet that the training says nothing of counts as the mean of it: a rank in the middle.
std::vector<double> predictions(const AccuracyPredictor& predictor, std::span<const AccuracyPair> pairs, double mean) {
  std::vector<double> predicted;
  for (const AccuracyPair& pair : pairs) {
    const auto top1 = predictor.predict(pair.subnet);
    predicted.push_back(top1 ? *top1 : mean);
  }
  return predicted;
}

std::vector<double> measured(std::span<const AccuracyPair> pairs) {
  std::vector<double> top1;
  for (const AccuracyPair& pair : pairs) top1.push_back(pair.top1);
  return top1;
}

double mean_of(std::span<const AccuracyPair> pairs) {
  const std::vector<double> top1 = measured(pairs);
  return std::accumulate(top1.begin(), top1.end(), 0.0) / static_cast<double>(top1.size());
}

/// What every fit of a comparison needs: a kind of model, and the pairs that it may see and those that it predicts.
struct Fit {
  std::string model;
  std::vector<AccuracyPair> training, unseen;
};

std::vector<Fit> cross_validation(const std::string& model, std::span<const AccuracyPair> pairs, int folds) {
  std::vector<Fit> fits(static_cast<std::size_t>(folds), Fit{model, {}, {}});
  for (std::size_t i = 0; i < pairs.size(); ++i)
    for (std::size_t fold = 0; fold < fits.size(); ++fold)
      (i % fits.size() == fold ? fits[fold].unseen : fits[fold].training).push_back(pairs[i]);
  return fits;
}

/// Of each kind of model: its folds, then the one to all training pairs.
std::vector<Fit> all_fits(const PredictorOptions& options, std::span<const AccuracyPair> training,
                          const std::vector<AccuracyPair>& held_out) {
  std::vector<Fit> fits;
  for (const std::string& model : options.models) {
    for (Fit& fit : cross_validation(model, training, options.folds)) fits.push_back(std::move(fit));
    fits.push_back({model, {training.begin(), training.end()}, held_out});
  }
  return fits;
}

struct FitResult {
  std::optional<AccuracyPredictor> predictor;
  std::vector<double> predicted;  ///< of the unseen pairs
};

std::vector<FitResult> run_all(const SearchSpace& space, const std::vector<Fit>& fits,
                               const PredictorOptions& options) {
  std::vector<FitResult> results(fits.size());
  std::mutex mutex;
  int done = 0;
  parallel_for(static_cast<int>(fits.size()), options.threads, [&](int i) {
    const Fit& fit = fits[static_cast<std::size_t>(i)];
    FitResult& result = results[static_cast<std::size_t>(i)];
    result.predictor = AccuracyPredictor::fit(space, fit.training, fit.model, options.seed);
    result.predicted = predictions(*result.predictor, fit.unseen, mean_of(fit.training));
    const std::lock_guard lock(mutex);
    if (options.progress) options.progress(++done, static_cast<int>(fits.size()));
  });
  return results;
}

/// Of one kind's fits: the folds together, and the last one.
ModelScore score_of(std::span<const Fit> fits, std::span<const FitResult> results) {
  std::vector<double> predicted, truth;
  for (std::size_t fold = 0; fold + 1 < fits.size(); ++fold) {
    predicted.insert(predicted.end(), results[fold].predicted.begin(), results[fold].predicted.end());
    const std::vector<double> of_fold = measured(fits[fold].unseen);
    truth.insert(truth.end(), of_fold.begin(), of_fold.end());
  }
  return {fits.back().model, predictor_quality(predicted, truth),
          predictor_quality(results.back().predicted, measured(fits.back().unseen))};
}

/// A way to keep out of a list's order what it was made by.
std::vector<std::size_t> mixed_indices(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  Rng({seed, kSplitStream}).shuffle(indices);
  return indices;
}

}  // namespace

PredictorQuality predictor_quality(std::span<const double> predicted, std::span<const double> of_measurement) {
  THIMBLE_CHECK(!predicted.empty() && predicted.size() == of_measurement.size(), "quality of nothing");
  PredictorQuality quality;
  quality.kendall_tau = kendall_tau(predicted, of_measurement);
  quality.spearman_rho = spearman_rho(predicted, of_measurement);
  quality.pairs = static_cast<int>(predicted.size());
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const double error = std::abs(predicted[i] - of_measurement[i]);
    quality.mean_error += error / quality.pairs;
    quality.root_mean_square_error += error * error / quality.pairs;
  }
  quality.root_mean_square_error = std::sqrt(quality.root_mean_square_error);
  return quality;
}

const std::vector<std::string>& AccuracyPredictor::models() {
  static const std::vector<std::string> names{"mlp", "kernel_ridge", "ridge"};
  return names;
}

AccuracyPredictor AccuracyPredictor::fit(const SearchSpace& space, std::span<const AccuracyPair> pairs,
                                         const std::string& model, std::uint64_t seed) {
  FeatureRows rows;
  std::vector<double> aims;
  std::vector<bool> seen(encoding_columns(space).size(), false);
  for (const AccuracyPair& pair : pairs) {
    rows.push_back(row_of(space, pair.subnet, model));
    aims.push_back(aim_of(pair.top1));
    for (std::size_t i = 0; i < seen.size(); ++i) seen[i] = seen[i] || rows.back()[i] > 0;
  }
  return {space, fitted(model, rows, aims, seed), std::move(seen)};
}

AccuracyPredictor::AccuracyPredictor(SearchSpace space, Model model, std::vector<bool> seen)
    : space_(std::move(space)), model_(std::move(model)), seen_(std::move(seen)) {}

Result<double, std::string> AccuracyPredictor::predict(const Subnet& subnet) const {
  if (std::string reason = why_outside(subnet, space_); !reason.empty()) return reason;
  const std::vector<double> row = row_of(space_, subnet, model_name());
  for (std::size_t i = 0; i < seen_.size(); ++i)
    if (row[i] > 0 && !seen_[i]) return "no measured subnet had " + encoding_columns(space_)[i];
  return top1_of(std::visit([&](const auto& model) { return model.predict(row); }, model_));
}

AccuracyNoise accuracy_noise(std::span<const AccuracyPair> pairs) {
  std::vector<double> even, odd;
  for (const AccuracyPair& pair : pairs) even.push_back(pair.top1_even), odd.push_back(pair.top1_odd);
  const double halves = std::max(0.0, pearson_correlation(even, odd));
  const double whole = 2 * halves / (1 + halves);
  return {kendall_tau(even, odd), std::asin(std::sqrt(whole)) / std::asin(1.0)};
}

const ModelScore& ChosenPredictor::score() const {
  return *std::find_if(scores.begin(), scores.end(),
                       [&](const ModelScore& score) { return score.model == predictor.model_name(); });
}

ChosenPredictor choose_predictor(const SearchSpace& space, std::span<const AccuracyPair> pairs,
                                 const PredictorOptions& options) {
  THIMBLE_CHECK(pairs.size() >= kLeastPredictorPairs, "too few pairs");
  const std::vector<std::size_t> order = mixed_indices(pairs.size(), options.seed);
  const auto held = static_cast<std::size_t>(std::lround(options.held_out * static_cast<double>(pairs.size())));
  const std::vector<AccuracyPair> held_out = some(pairs, std::span(order).first(held));
  const std::vector<AccuracyPair> training = some(pairs, std::span(order).subspan(held));

  const std::vector<Fit> fits = all_fits(options, training, held_out);
  std::vector<FitResult> results = run_all(space, fits, options);
  std::vector<ModelScore> scores;
  std::size_t best = 0;
  const auto per_model = static_cast<std::size_t>(options.folds) + 1;
  for (std::size_t m = 0; m < options.models.size(); ++m) {
    scores.push_back(score_of(std::span(fits).subspan(m * per_model, per_model),
                              std::span(results).subspan(m * per_model, per_model)));
    if (scores[m].cross_validated.kendall_tau > scores[best].cross_validated.kendall_tau) best = m;
  }
  return {*std::move(results[best * per_model + per_model - 1].predictor), std::move(scores), accuracy_noise(held_out),
          static_cast<int>(training.size())};
}

std::vector<std::string> reasons_against(const SearchSpace& space, const PredictorQuality& held_out,
                                         int training_pairs) {
  std::vector<std::string> reasons;
  const auto say = [&](const char* form, auto... values) {
    char text[160];
    std::snprintf(text, sizeof text, form, values...);
    reasons.emplace_back(text);
  };
  const int wanted = kLeastPairsPerColumn * static_cast<int>(encoding_columns(space).size());
  if (held_out.kendall_tau < kLeastTau)
    say("Kendall's tau on held-out subnets is %.3f, below %.1f", held_out.kendall_tau, kLeastTau);
  if (training_pairs < wanted)
    say("%d pairs to learn from are too few for this space: at least %d", training_pairs, wanted);
  if (held_out.pairs < kLeastHeldOut)
    say("%d held-out pairs are too few to judge by: at least %d", held_out.pairs, kLeastHeldOut);
  return reasons;
}

}  // namespace thimble
