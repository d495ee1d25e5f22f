#include "cli/board_times.hpp"

#include "graph/base/error.hpp"

namespace thimble {

BoardTimes::BoardTimes(const Board& board, const std::filesystem::path& database)
    : board_(board), store_(database.string()), probe_(make_probe(board)) {}

Result<Measurement, ProbeFailure> BoardTimes::measure(const PlannedSubnet& subnet) {
  const ProbePlan plan = probe_plan(subnet.plan, subnet.graph);
  const auto measured = thimble::measure(plan, *probe_, store_);
  if (!measured && measured.error().kind == FailureKind::kBoard)
    throw BoardError(board_.name + ": " + measured.error().message);
  if (measured) probed_.push_back({plan, *measured});
  return measured;
}

void BoardTimes::refit() { model_ = LatencyModel::fit(probed_); }

double BoardTimes::predicted_us(const PlannedSubnet& subnet) const {
  THIMBLE_CHECK(model_.has_value(), "refit() comes before predicted_us()");
  return model_->predict(probe_plan(subnet.plan, subnet.graph)) / board_.clock_hz() * 1e6;
}

std::optional<PredictionError> BoardTimes::error() const {
  if (probed_.size() < 2) return std::nullopt;
  return cross_validate(probed_);
}

}  // namespace thimble
