#pragma once
#include "profiler/measurement_store.hpp"

namespace thimble {

/// Above this spread (of the median) a measurement is taken again.
inline constexpr double kMostSpread = 0.10;

/// Runs the plan; a measurement with kMostSpread or more is repeated, twice at most, and the steadiest counts.
/// @error ProbeFailure, BoardError  as of Probe::run
Result<Measurement, ProbeFailure> run_until_steady(const ProbePlan& plan, Probe& probe, const RunOptions& options);

/// The stored measurement of the plan on the probe's board; where there is none, the plan is run until steady and the
/// result stored.
/// @error ProbeFailure  as of Probe::run; failures are not stored
/// @error BoardError    as of Probe::run
/// @error Error         the store cannot be read or written
Result<Measurement, ProbeFailure> measure(const ProbePlan& plan, Probe& probe, MeasurementStore& store,
                                          const RunOptions& options = {});

}  // namespace thimble
