#include "deploy/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "graph/float_interpreter.hpp"

namespace thimble {

void ValueHistogram::widen(float magnitude) {
  while (limit_ < magnitude) {
    std::vector<std::int64_t> merged(kBins, 0);
    for (int bin = 0; bin < kBins; ++bin)
      merged[static_cast<std::size_t>(kBins / 4 + bin / 2)] += counts_[static_cast<std::size_t>(bin)];
    counts_ = std::move(merged);
    limit_ *= 2;
  }
}

void ValueHistogram::add(std::span<const float> values) {
  if (values.empty()) return;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  range_ = total_ == 0 ? ValueRange{*low, *high} : ValueRange{std::min(range_.min, *low), std::max(range_.max, *high)};
  counts_.resize(kBins);
  widen(std::max(-range_.min, range_.max));
  const float bins_per_unit = kBins / (2 * limit_);
  for (float value : values) {
    const int bin = static_cast<int>(std::floor((value + limit_) * bins_per_unit));
    ++counts_[static_cast<std::size_t>(std::clamp(bin, 0, kBins - 1))];
  }
  total_ += static_cast<std::int64_t>(values.size());
}

ValueRange ValueHistogram::percentile_range(double percentile) const {
  if (total_ == 0) return range_;
  const auto outside = static_cast<std::int64_t>((1 - percentile / 100) * static_cast<double>(total_));
  const float width = 2 * limit_ / kBins;
  int low = 0, high = kBins - 1;
  for (std::int64_t left = outside; low < high; ++low)
    if ((left -= counts_.at(static_cast<std::size_t>(low))) < 0) break;
  for (std::int64_t left = outside; high > low; --high)
    if ((left -= counts_.at(static_cast<std::size_t>(high))) < 0) break;
  return {std::max(range_.min, -limit_ + static_cast<float>(low) * width),
          std::min(range_.max, -limit_ + static_cast<float>(high + 1) * width)};
}

std::vector<ValueRange> calibrate(const Graph& graph, std::span<const std::vector<float>> inputs,
                                  const CalibrationOptions& options) {
  const FloatInterpreter interpreter(graph);
  FloatWorkspace workspace = interpreter.workspace();
  std::vector<ValueHistogram> histograms(graph.tensors.size());
  for (const std::vector<float>& input : inputs) {
    interpreter.run(input, workspace);
    for (std::size_t tensor = 0; tensor < histograms.size(); ++tensor)
      if (!graph.tensors[tensor].constant) histograms[tensor].add(workspace.values[tensor]);
  }
  std::vector<ValueRange> ranges;
  for (std::size_t tensor = 0; tensor < histograms.size(); ++tensor) {
    const bool cut = options.method == RangeMethod::kPercentile && !graph.tensors[tensor].constant && !inputs.empty();
    ranges.push_back(cut ? histograms[tensor].percentile_range(options.percentile) : histograms[tensor].range());
  }
  return ranges;
}

}  // namespace thimble
