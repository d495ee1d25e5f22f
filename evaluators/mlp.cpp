#include "evaluators/mlp.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/base/check.hpp"
#include "graph/base/rng.hpp"

namespace thimble {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXf;

constexpr std::uint64_t kWeightStream = 1, kOrderStream = 2;
constexpr float kBeta1 = 0.9F, kBeta2 = 0.999F, kEpsilon = 1e-8F;

/// Values with the running moments of their gradients.
template <class Values>
struct Trained {
  Values values, first, second;

  explicit Trained(Values start)
      : values(std::move(start)),
        first(Values::Zero(values.rows(), values.cols())),
        second(Values::Zero(values.rows(), values.cols())) {}

  void step(const Values& gradient, float rate, float decay, int steps) {
    first = kBeta1 * first + (1 - kBeta1) * gradient;
    second = kBeta2 * second + (1 - kBeta2) * gradient.cwiseAbs2();
    const float grow1 = 1 / (1 - std::pow(kBeta1, static_cast<float>(steps)));
    const float grow2 = 1 / (1 - std::pow(kBeta2, static_cast<float>(steps)));
    values.array() -=
        rate * (decay * values.array() + grow1 * first.array() / ((grow2 * second.array()).sqrt() + kEpsilon));
  }
};

/// A layer while it is trained, with what it last saw.
struct TrainedLayer {
  Trained<Matrix> weights;  ///< [outputs][inputs]
  Trained<Vector> biases;
  Matrix input{};  ///< [batch][inputs]
};

Matrix he_weights(Eigen::Index outputs, Eigen::Index inputs, Rng& rng) {
  Matrix weights(outputs, inputs);
  const double deviation = std::sqrt(2.0 / static_cast<double>(inputs));
  for (float& weight : weights.reshaped<Eigen::RowMajor>()) weight = static_cast<float>(deviation * rng.normal());
  return weights;
}

class Training {
 public:
  Training(const FeatureRows& rows, const std::vector<double>& aims, const MlpConfig& config) : config_(config) {
    rows_.resize(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows[0].size()));
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t f = 0; f < rows[i].size(); ++f)
        rows_(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(f)) = static_cast<float>(rows[i][f]);
    set_aims(aims);
    Rng rng({config.seed, kWeightStream});
    Eigen::Index inputs = rows_.cols();
    for (int i = 0; i <= config.hidden_layers; ++i) {
      const Eigen::Index outputs = i < config.hidden_layers ? config.hidden : 1;
      layers_.push_back({Trained<Matrix>(he_weights(outputs, inputs, rng)), Trained<Vector>(Vector::Zero(outputs))});
      inputs = outputs;
    }
  }

  Mlp run() {
    const auto count = static_cast<int>(rows_.rows());
    const int per_epoch = (count + config_.batch - 1) / config_.batch;
    const int steps = std::min(config_.steps, config_.most_epochs * per_epoch);
    std::vector<int> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    for (int step = 0; step < steps; ++step) {
      const int at = step % per_epoch;
      if (at == 0) Rng({config_.seed, kOrderStream, static_cast<std::uint64_t>(step)}).shuffle(order);
      const auto first = order.begin() + at * config_.batch;
      const std::vector<int> batch(first, std::min(first + config_.batch, order.end()));
      const double rate = config_.learning_rate * (1 + std::cos(3.141592653589793 * step / steps)) / 2;
      backward(forward(rows_(batch, Eigen::all)) - aims_(batch), static_cast<float>(rate), step + 1);
    }
    return result();
  }

 private:
  void set_aims(const std::vector<double>& aims) {
    const auto n = static_cast<double>(aims.size());
    mean_ = std::accumulate(aims.begin(), aims.end(), 0.0) / n;
    double squares = 0;
    for (const double aim : aims) squares += (aim - mean_) * (aim - mean_);
    scale_ = squares > 0 ? std::sqrt(squares / n) : 1;
    aims_.resize(static_cast<Eigen::Index>(aims.size()));
    for (std::size_t i = 0; i < aims.size(); ++i)
      aims_(static_cast<Eigen::Index>(i)) = static_cast<float>((aims[i] - mean_) / scale_);
  }

  Vector forward(Matrix input) {
    for (TrainedLayer& layer : layers_) {
      layer.input = std::move(input);
      input = (layer.input * layer.weights.values.transpose()).rowwise() + layer.biases.values.transpose();
      if (&layer != &layers_.back()) input = input.cwiseMax(0.0F);
    }
    return input.col(0);
  }

  void backward(const Vector& errors, float rate, int steps) {
    Matrix gradient = 2.0F / static_cast<float>(errors.size()) * errors;
    for (std::size_t i = layers_.size(); i-- > 0;) {
      TrainedLayer& layer = layers_[i];
      const Matrix of_weights = gradient.transpose() * layer.input;
      const Vector of_biases = gradient.colwise().sum().transpose();
      if (i > 0)
        gradient =
            ((gradient * layer.weights.values).array() * (layer.input.array() > 0).cast<float>()).matrix().eval();
      layer.weights.step(of_weights, rate, static_cast<float>(config_.weight_decay), steps);
      layer.biases.step(of_biases, rate, 0, steps);
    }
  }

  Mlp result() const {
    std::vector<Mlp::Layer> layers;
    for (const TrainedLayer& layer : layers_) {
      const Matrix& w = layer.weights.values;
      const Vector& b = layer.biases.values;
      layers.push_back({static_cast<int>(w.cols()),
                        static_cast<int>(w.rows()),
                        {w.data(), w.data() + w.size()},
                        {b.data(), b.data() + b.size()}});
    }
    return {std::move(layers), mean_, scale_};
  }

  MlpConfig config_;
  Matrix rows_;
  Vector aims_;
  double mean_ = 0, scale_ = 1;
  std::vector<TrainedLayer> layers_;
};

}  // namespace

Mlp Mlp::fit(const FeatureRows& rows, const std::vector<double>& aims, const MlpConfig& config) {
  THIMBLE_CHECK(!rows.empty() && rows.size() == aims.size(), "a fit needs an aim per row");
  return Training(rows, aims, config).run();
}

Mlp::Mlp(std::vector<Layer> layers, double mean, double scale)
    : layers_(std::move(layers)), mean_(mean), scale_(scale) {
  THIMBLE_CHECK(!layers_.empty() && layers_.back().outputs == 1, "a network of one output");
}

double Mlp::predict(const std::vector<double>& row) const {
  THIMBLE_CHECK(static_cast<int>(row.size()) == layers_.front().inputs, "a row of another encoding");
  Vector values = Eigen::Map<const Eigen::VectorXd>(row.data(), static_cast<Eigen::Index>(row.size())).cast<float>();
  for (const Layer& layer : layers_) {
    const Eigen::Map<const Matrix> weights(layer.weights.data(), layer.outputs, layer.inputs);
    values = weights * values + Eigen::Map<const Vector>(layer.biases.data(), layer.outputs);
    if (&layer != &layers_.back()) values = values.cwiseMax(0.0F);
  }
  return mean_ + scale_ * static_cast<double>(values(0));
}

}  // namespace thimble
