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
};

struct CalibrationOptions {
  /// Linear bottlenecks have long tails: one odd pixel of the calibration set widens a min-max range, and with it the
  /// step of all values. On 12 random subnets with 150 inputs the output has 30.3 dB with 99.99, 30.0 with min-max
  /// and 28.2 with 99.9; the worst of the networks 23.8, 22.7 and 23.7.
  RangeMethod method = RangeMethod::kPercentile;
  double percentile = 99.99;
};

/// Counts values in equal bins over [-limit, limit]. The limit doubles, and bins merge in pairs, whenever a value lies
/// outside: one pass, no values kept, and the result does not depend on the order of the values.
class ValueHistogram {
 public:
  void add(std::span<const float> values);
  /// Of all values. {0, 0} where none came.
  ValueRange range() const { return range_; }
  /// Bounds that leave at most (1 - percentile / 100) of the values outside at either end; never wider than range().
  ValueRange percentile_range(double percentile) const;

 private:
  static constexpr int kBins = 4096;
  void widen(float magnitude);
  float limit_ = 0x1p-10f;
  std::vector<std::int64_t> counts_;
  std::int64_t total_ = 0;
  ValueRange range_;
};

/// Ranges of all activations of a float graph with weights over some inputs; {0, 0} for constants.
std::vector<ValueRange> calibrate(const Graph& graph, std::span<const std::vector<float>> inputs,
                                  const CalibrationOptions& options = {});

}  // namespace thimble
