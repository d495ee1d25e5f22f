#include "evaluators/latency_survey.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <set>

#include "graph/base/error.hpp"
#include "graph/base/parallel.hpp"
#include "profiler/measure.hpp"
#include "search/space/random_subnets.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kSurveyStream = 0x737572766579;
/// Draws in a row that bring nothing new before the space counts as exhausted.
constexpr int kMostIdleDraws = 2000;

class Survey {
 public:
  Survey(const SubnetPlanner& planner, std::span<const std::unique_ptr<Probe>> probes,
         const std::filesystem::path& store, const SurveyOptions& options)
      : planner_(planner),
        probes_(probes),
        store_(store),
        options_(options),
        draws_(planner.space(), options.seed, kSurveyStream, kMostIdleDraws) {}

  std::vector<SurveyedSubnet> run() {
    while (missing() > 0) {
      std::vector<SurveyedSubnet> batch = draw(missing());
      if (batch.empty()) break;
      measure_all(batch);
    }
    if (surveyed_.empty())
      throw DoesNotFitError("no subnet of the space " + planner_.space().name + " runs on " + board().name + ": " +
                            last_refusal_);
    return std::move(surveyed_);
  }

 private:
  const Board& board() const { return probes_.front()->board(); }
  int missing() const { return options_.subnets - static_cast<int>(surveyed_.size()); }

  /// The next different plans that keep the limits.
  std::vector<SurveyedSubnet> draw(int count) {
    std::vector<SurveyedSubnet> batch;
    const auto takes = [&](const Subnet& subnet) {
      std::optional<ProbePlan> plan = plan_within_limits(subnet);
      if (!plan || !seen_.insert(plan->hash()).second) return false;
      batch.push_back({subnet, {*std::move(plan), {}}});
      return true;
    };
    while (static_cast<int>(batch.size()) < count && draws_.next(takes)) continue;
    return batch;
  }

  std::optional<ProbePlan> plan_within_limits(const Subnet& subnet) {
    const auto planned = planner_.plan(subnet);
    if (!planned) return last_refusal_ = to_text(planned.error()), std::nullopt;
    const Fit fit =
        check(options_.limits, {planned->footprint.peak_sram_bytes(), planned->footprint.flash_bytes(), {}});
    if (!fit.holds()) return last_refusal_ = fit.reason, std::nullopt;
    return probe_plan(planned->plan, planned->graph);
  }

  void measure_all(std::vector<SurveyedSubnet>& batch) {
    std::vector<char> done(batch.size(), 0);
    std::atomic<std::size_t> next{0};
    const int threads = static_cast<int>(probes_.size());
    parallel_for(threads, threads, [&](int thread) {
      try {
        MeasurementStore store(store_);
        for (std::size_t i; (i = next++) < batch.size();)
          done[i] = measure_one(batch[i].probed, *probes_[static_cast<std::size_t>(thread)], store);
      } catch (...) {
        next = batch.size();  // the others end, too
        throw;
      }
    });
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (done[i]) surveyed_.push_back(std::move(batch[i]));
  }

  /// False where the probe refuses the plan.
  bool measure_one(ProbedPlan& one, Probe& probe, MeasurementStore& store) {
    auto result = measure(one.plan, probe, store, options_.run);
    const std::lock_guard lock(mutex_);
    if (!result) {
      const ProbeFailure& failure = result.error();
      if (is_boards_fault(failure)) throw BoardError(board().name + ": " + unnamed(board().name, failure.message));
      last_refusal_ = failure.message;
      return false;
    }
    one.measurement = *std::move(result);
    ++measured_;
    if (options_.progress) options_.progress(measured_);
    return true;
  }

  const SubnetPlanner& planner_;
  std::span<const std::unique_ptr<Probe>> probes_;
  const std::filesystem::path& store_;
  const SurveyOptions& options_;
  RandomSubnets draws_;
  std::mutex mutex_;  ///< of what follows while measure_all runs
  int measured_ = 0;
  std::string last_refusal_ = "it has none";
  std::vector<SurveyedSubnet> surveyed_;
  std::set<std::string> seen_;  ///< hashes of plans
};

}  // namespace

RunOptions survey_runs(const Board& board) {
  RunOptions options;
  options.runs = board.kind() == BoardKind::kVirtual ? 1 : 3;
  options.deadline_s = 600;
  return options;
}

std::vector<SurveyedSubnet> survey_latency(const SubnetPlanner& planner, std::span<const std::unique_ptr<Probe>> probes,
                                           const std::filesystem::path& store, const SurveyOptions& options) {
  THIMBLE_CHECK(!probes.empty(), "a survey needs a probe");
  return Survey(planner, probes, store, options).run();
}

}  // namespace thimble
