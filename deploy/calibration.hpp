#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.hpp"

namespace thimble {

/// Real values that a quantised tensor can hold.
struct ValueRange {
  float min = 0, max = 0;
};

enum class RangeMethod {
  kMinMax,      ///< everything that was seen
  kPercentile,  ///< without the fraction 1 - percentile / 100 at either end
  kMse,         ///< the least mean squared error of rounding inside and clamping outside, per tensor
};

struct CalibrationOptions {
  /// On 8 random subnets of the demo's trained supernet (256 calibration pictures, 64 others; equalised and with
  /// corrected biases) the output has 32.7 dB with the least squared error, 32.8 with min-max and 31.6 with 99.99 %;
  /// the worst of the networks 29.9, 28.7 and 29.4.
  RangeMethod method = RangeMethod::kMse;
  double percentile = 99.99;
};

/// Counts values in equal bins over [-limit, limit]. The limit doubles, and bins merge in pairs, whenever a value lies
/// outside: one pass, no values kept, and the result does not depend on the order of the values.
class ValueHistogram {
 public:
  void add(std::span<const float> values);  ///< finite, below 1e30
  /// Of all values. {0, 0} where none came.
  ValueRange range() const { return range_; }
  /// Bounds that leave at most (1 - percentile / 100) of the values outside at either end; never wider than range().
  ValueRange percentile_range(double percentile) const;
  /// Bounds around zero with the least squared error when values are rounded to 256 steps between them and clamped to
  /// them: a value inside has step^2 / 12 on average, zero none (it is a step). Searched over shares of range().
  ValueRange mse_range() const;

 private:
  static constexpr int kBins = 4096;
  void widen(float magnitude);
  float limit_ = 0x1p-10f;
  std::vector<std::int64_t> counts_;
  std::int64_t total_ = 0, zeros_ = 0;
  ValueRange range_;
};

/// Ranges of all activations of a float graph with weights over some inputs; {0, 0} for constants.
/// @error Error  a value that is not finite, or beyond 1e30: names the tensor and the input
std::vector<ValueRange> calibrate(const Graph& graph, std::span<const std::vector<float>> inputs,
                                  const CalibrationOptions& options = {});

}  // namespace thimble
