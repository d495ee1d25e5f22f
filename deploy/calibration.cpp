#include "deploy/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "graph/base/check.hpp"
#include "graph/base/error.hpp"
#include "graph/float_interpreter.hpp"

namespace thimble {
namespace {

constexpr float kLargestValue = 1e30f;

}  // namespace

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
  THIMBLE_CHECK(-range_.min <= kLargestValue && range_.max <= kLargestValue, "values that bins can hold");
  counts_.resize(kBins);
  widen(std::max(-range_.min, range_.max));
  const float bins_per_unit = kBins / (2 * limit_);
  for (float value : values) {
    const int bin = static_cast<int>(std::floor((value + limit_) * bins_per_unit));
    ++counts_[static_cast<std::size_t>(std::clamp(bin, 0, kBins - 1))];
  }
  total_ += static_cast<std::int64_t>(values.size());
  zeros_ += std::count(values.begin(), values.end(), 0.0f);
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

namespace {

/// Sums over the values below each edge, at the middles of their bins.
struct Moments {
  std::vector<double> count{0}, sum{0}, squares{0};

  void add(std::int64_t values, double middle) {
    const auto n = static_cast<double>(values);
    count.push_back(count.back() + n);
    sum.push_back(sum.back() + n * middle);
    squares.push_back(squares.back() + n * middle * middle);
  }
  /// Sum of (value - bound)^2 over the bins [begin, end).
  double squared_distance(std::size_t begin, std::size_t end, double bound) const {
    return squares[end] - squares[begin] - 2 * bound * (sum[end] - sum[begin]) +
           bound * bound * (count[end] - count[begin]);
  }
};

constexpr double kCoarseStep = 1.0 / 64, kFineStep = 1.0 / 512;
constexpr double kSteps = 255;

}  // namespace

ValueRange ValueHistogram::mse_range() const {
  const double least = std::min(range_.min, 0.0f), most = std::max(range_.max, 0.0f);
  if (total_ == 0 || least == most) return range_;
  const double width = 2 * double{limit_} / kBins;
  Moments moments;
  for (int bin = 0; bin < kBins; ++bin)
    moments.add(counts_[static_cast<std::size_t>(bin)], (bin + 0.5) * width - double{limit_});
  const auto edge = [&](double bound) {
    return static_cast<std::size_t>(std::clamp(std::round((bound + double{limit_}) / width), 0.0, double{kBins}));
  };
  const auto error = [&](double low, double high) {
    const std::size_t first = edge(low), last = edge(high);
    const double step = (high - low) / kSteps;
    const double inside = moments.count[last] - moments.count[first] - static_cast<double>(zeros_);
    return moments.squared_distance(0, first, low) + moments.squared_distance(last, kBins, high) +
           inside * step * step / 12;
  };
  // Shares of the full bounds: all 64ths first, then 512ths around the best of them.
  double best = error(least, most), low_share = 1, high_share = 1;
  const auto search = [&](double low_center, double high_center, double span, double step) {
    for (double low = low_center - span; low <= low_center + span; low += step) {
      for (double high = high_center - span; high <= high_center + span; high += step) {
        if (low <= 0 || low > 1 || high <= 0 || high > 1) continue;
        const double candidate = error(low * least, high * most);
        if (candidate >= best) continue;
        best = candidate;
        low_share = low, high_share = high;
      }
    }
  };
  search(0.5, 0.5, 0.5, kCoarseStep);
  search(low_share, high_share, kCoarseStep, kFineStep);
  return {static_cast<float>(low_share * least), static_cast<float>(high_share * most)};
}

namespace {

void check_finite(const Tensor& tensor, std::span<const float> values, std::size_t input) {
  for (float value : values)
    if (!(std::abs(value) <= kLargestValue))
      throw Error("calibration input " + std::to_string(input) + ": tensor " + tensor.name + " has the value " +
                  std::to_string(value) + ", which no int8 scale can hold");
}

ValueRange chosen(const ValueHistogram& histogram, const CalibrationOptions& options) {
  switch (options.method) {
    case RangeMethod::kMinMax:
      return histogram.range();
    case RangeMethod::kPercentile:
      return histogram.percentile_range(options.percentile);
    case RangeMethod::kMse:
      return histogram.mse_range();
  }
  THIMBLE_CHECK(false, "a RangeMethod without a range");
}

}  // namespace

std::vector<ValueRange> calibrate(const Graph& graph, std::span<const std::vector<float>> inputs,
                                  const CalibrationOptions& options) {
  const FloatInterpreter interpreter(graph);
  FloatWorkspace workspace = interpreter.workspace();
  std::vector<ValueHistogram> histograms(graph.tensors.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    interpreter.run(inputs[i], workspace);
    for (std::size_t tensor = 0; tensor < histograms.size(); ++tensor) {
      if (graph.tensors[tensor].constant) continue;
      check_finite(graph.tensors[tensor], workspace.values[tensor], i);
      histograms[tensor].add(workspace.values[tensor]);
    }
  }
  std::vector<ValueRange> ranges;
  for (const ValueHistogram& histogram : histograms) ranges.push_back(chosen(histogram, options));
  return ranges;
}

}  // namespace thimble
