#include "profiler/measure.hpp"

namespace thimble {
namespace {

constexpr int kMostRepeats = 2;

/// A row without layers, or energy, does not answer who asks for them.
bool answers(const Measurement& known, const ProbePlan& plan, const Board& board, const RunOptions& options) {
  return (!options.per_layer || known.layers.size() == plan.layers.size()) &&
         (board.energy_command.empty() || known.energy_uj);
}

/// Plans of equal shapes share a row; the names are this plan's.
Measurement named_after(const ProbePlan& plan, Measurement known) {
  for (std::size_t i = 0; i < known.layers.size() && i < plan.layers.size(); ++i) {
    known.layers[i].name = plan.layers[i].name;
    known.layers[i].op = plan.layers[i].op;
    known.layers[i].macs = plan.layers[i].macs;
  }
  return known;
}

}  // namespace

Result<Measurement, ProbeFailure> run_until_steady(const ProbePlan& plan, Probe& probe, const RunOptions& options) {
  Result<Measurement, ProbeFailure> best = probe.run(plan, options);
  for (int repeat = 0; repeat < kMostRepeats && best && best->spread >= kMostSpread; ++repeat) {
    Result<Measurement, ProbeFailure> again = probe.run(plan, options);
    if (!again) return best;  // what was measured stays measured
    if (again->spread < best->spread) best = std::move(again);
  }
  return best;
}

Result<Measurement, ProbeFailure> measure(const ProbePlan& plan, Probe& probe, MeasurementStore& store,
                                          const RunOptions& options) {
  const auto state = probe.ask_board_state(options);
  if (!state) return state.error();
  std::optional<Measurement> known = store.find(key_of(plan, probe, options.cache));
  if (known && answers(*known, plan, probe.board(), options)) return named_after(plan, *std::move(known));
  Result<Measurement, ProbeFailure> result = run_until_steady(plan, probe, options);
  if (result) store.put(key_of(plan, probe, *result), *result);
  return result;
}

}  // namespace thimble
