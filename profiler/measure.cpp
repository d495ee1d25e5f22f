#include "profiler/measure.hpp"

namespace thimble {
namespace {

constexpr int kMostRepeats = 2;

Result<Measurement, ProbeFailure> run_until_steady(const ProbePlan& plan, Probe& probe, const RunOptions& options) {
  Result<Measurement, ProbeFailure> best = probe.run(plan, options);
  for (int repeat = 0; repeat < kMostRepeats && best && best->spread >= kMostSpread; ++repeat) {
    Result<Measurement, ProbeFailure> again = probe.run(plan, options);
    if (!again) return again;
    if (again->spread < best->spread) best = std::move(again);
  }
  return best;
}

}  // namespace

Result<Measurement, ProbeFailure> measure(const ProbePlan& plan, Probe& probe, MeasurementStore& store,
                                          const RunOptions& options) {
  const MeasurementKey key = key_of(plan, probe);
  if (std::optional<Measurement> known = store.find(key)) return *std::move(known);
  Result<Measurement, ProbeFailure> result = run_until_steady(plan, probe, options);
  if (result) store.put(key, *result);
  return result;
}

}  // namespace thimble
