#include "evaluators/board_times.hpp"

#include "graph/base/error.hpp"
#include "profiler/measure.hpp"

namespace thimble {

BoardTimes::BoardTimes(std::unique_ptr<Probe> probe, const std::filesystem::path& database,
                       std::optional<LatencyModel> before)
    : store_(database), probe_(std::move(probe)), before_(std::move(before)), model_(before_) {}

Result<Measurement, ProbeFailure> BoardTimes::measure(const PlannedSubnet& subnet) {
  const ProbePlan plan = probe_plan(subnet.plan, subnet.graph);
  const auto measured = thimble::measure(plan, *probe_, store_);
  if (!measured && is_boards_fault(measured.error()))  // it must not decide a search
    throw BoardError(board().name + ": " + unnamed(board().name, measured.error().message));
  if (measured && hashes_.insert(plan.hash()).second) probed_.push_back({plan, *measured});
  return measured;
}

void BoardTimes::refit() { model_ = LatencyModel::fit(probed_, before_ ? &*before_ : nullptr); }

double BoardTimes::predicted_cycles(const PlannedSubnet& subnet) const {
  THIMBLE_CHECK(predicts(), "refit() comes before predictions");
  return model_->predict(probe_plan(subnet.plan, subnet.graph));
}

double BoardTimes::predicted_us(const PlannedSubnet& subnet) const {
  return predicted_cycles(subnet) / board().clock_hz() * 1e6;
}

std::optional<PredictionError> BoardTimes::error() const {
  if (before_ && !probed_.empty()) return prediction_error(*before_, probed_);
  if (before_ || probed_.size() < 2) return std::nullopt;
  return cross_validate(probed_);
}

}  // namespace thimble
