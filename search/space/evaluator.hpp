#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "search/space/subnet.hpp"

namespace thimble {

/// Where a number comes from; printed beside every latency.
enum class Provenance {
  kComputed,   ///< exact, from the plan
  kPredicted,  ///< a fitted model
  kModelled,   ///< a virtual board's cycle model
  kMeasured,   ///< a board
};
const char* to_text(Provenance provenance);
Provenance provenance_from_text(std::string_view text);

struct Metric {
  double value = 0;
  Provenance provenance = Provenance::kComputed;
};

/// Names of the metrics that every part knows.
namespace metric {
inline constexpr const char* kMacs = "macs";
inline constexpr const char* kParams = "params";
inline constexpr const char* kPeakSramBytes = "peak_sram_bytes";
inline constexpr const char* kFlashBytes = "flash_bytes";
inline constexpr const char* kLatencyUs = "latency_us";
inline constexpr const char* kCycles = "cycles";
inline constexpr const char* kTop1 = "top1";  ///< fraction of the validation subset, with the supernet's weights
}  // namespace metric

/// A subnet and what is known of it. One that does not fit is an ordinary result: `rejected` says why.
struct Candidate {
  Subnet subnet;
  std::map<std::string, Metric> metrics;
  std::optional<std::string> rejected;

  double value(const std::string& name) const { return metrics.at(name).value; }
};

/// Something that finds out one or a few metrics of candidates.
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  virtual std::string_view name() const = 0;
  /// Adds this evaluator's metrics to every candidate that is not rejected, or rejects it.
  /// @error Error  when nothing can be said of any candidate (a board is lost, a file is missing)
  virtual void evaluate(std::span<Candidate> candidates) = 0;
};

}  // namespace thimble
