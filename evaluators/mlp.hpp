#pragma once
#include <cstdint>
#include <vector>

namespace thimble {

/// One row of features per example.
using FeatureRows = std::vector<std::vector<double>>;

/// How a network is trained; the widths are once-for-all's accuracy predictor's (Cai et al. 2020, section 3.4).
struct MlpConfig {
  int hidden = 400;  ///< units of each hidden layer
  int hidden_layers = 3;
  int steps = 2000;  ///< batches, at most `most_epochs` times all rows
  int most_epochs = 100;
  int batch = 32;
  double learning_rate = 1e-3;  ///< Adam's, falling to 0 by a cosine
  double weight_decay = 10;     ///< decoupled from the gradient; less overfits to hundreds of rows
  std::uint64_t seed = 1;
};

/// A multi-layer perceptron: ReLU behind every layer but the last, which has one output.
class Mlp {
 public:
  struct Layer {
    int inputs = 0, outputs = 0;
    std::vector<float> weights;  ///< [outputs][inputs]
    std::vector<float> biases;
    bool operator==(const Layer&) const = default;
  };

  /// Minimises the squared error by Adam (Kingma, Ba 2015) in float32. The same rows, aims and config give the same
  /// network. @pre as many aims as rows, at least one; rows of equal lengths
  static Mlp fit(const FeatureRows& rows, const std::vector<double>& aims, const MlpConfig& config = {});
  /// @param mean, scale  of the aims: the network's output is a multiple of `scale` beyond `mean`
  /// @pre each layer takes what the one before gives, the last gives one number
  Mlp(std::vector<Layer> layers, double mean, double scale);

  /// @pre the row has as many features as the first layer has inputs
  double predict(const std::vector<double>& row) const;

  const std::vector<Layer>& layers() const { return layers_; }
  double mean() const { return mean_; }
  double scale() const { return scale_; }

 private:
  std::vector<Layer> layers_;
  double mean_, scale_;
};

}  // namespace thimble
