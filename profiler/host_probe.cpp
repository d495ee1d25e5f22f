#include "profiler/host_probe.hpp"

#include <algorithm>
#include <chrono>
#include <new>

#include "graph/base/deadline.hpp"
#include "profiler/provenance.hpp"
#include "profiler/statistics.hpp"

namespace thimble {
namespace {

using Clock = std::chrono::steady_clock;

/// Layers over memory of their own; every layer's weights are the same constants.
struct HostPlan {
  std::vector<thimble_layer> layers;
  std::vector<std::uint64_t> arena, weights;  // 64 bits: aligned to 8 bytes

  std::int8_t* bytes() { return reinterpret_cast<std::int8_t*>(arena.data()); }
};

ProbeFailure bad_layer(std::size_t index, int status) {
  return {.kind = FailureKind::kCandidate,
          .code = "bad_layer",
          .message = "the kernel library refused the layer (status " + std::to_string(status) + ")",
          .layer = static_cast<int>(index)};
}

Result<HostPlan, ProbeFailure> prepare(const ProbePlan& plan) {
  HostPlan result;
  std::uint32_t most = 0;
  for (const ProbeLayer& layer : plan.layers) most = std::max(most, layer.weight_bytes);
  result.weights.resize(most / 8 + 1);
  result.arena.resize(static_cast<std::size_t>(plan.arena_bytes) / 8 + 1);
  for (const ProbeLayer& layer : plan.layers) {
    thimble_layer decoded{};
    const std::size_t index = result.layers.size();
    if (const int status = thimble_layer_from_words(&decoded, layer.words.data()); status != THIMBLE_OK)
      return bad_layer(index, status);
    if (layer.weight_bytes > 0) decoded.weights = reinterpret_cast<const std::uint32_t*>(result.weights.data());
    const int status = thimble_check_layer(layer.words[0], &decoded, layer.weight_bytes, result.bytes(),
                                           static_cast<std::uint32_t>(plan.arena_bytes));
    if (status != THIMBLE_OK) return bad_layer(index, status);
    result.layers.push_back(decoded);
  }
  return result;
}

template <class Work>
std::int64_t nanoseconds(const Work& work) {
  const Clock::time_point begin = Clock::now();
  work();
  return std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count());
}

void measure_layers(HostPlan& host, const ProbePlan& plan, Measurement& measurement) {
  for (std::size_t i = 0; i < host.layers.size(); ++i) {
    const std::int64_t cycles = nanoseconds([&] { thimble_run_layer(&host.layers[i], host.bytes()); });
    measurement.layers.push_back(
        {.name = plan.layers[i].name, .op = plan.layers[i].op, .macs = plan.layers[i].macs, .cycles = cycles});
  }
}

}  // namespace

std::string HostProbe::firmware_hash() const { return "host-" + hex_of(kernel_library_version()); }

Result<Measurement, ProbeFailure> HostProbe::run(const ProbePlan& plan, const RunOptions& options) {
  if (options.cache == CacheState::kCold)
    return ProbeFailure{.code = "no_cold_runs",
                        .message = "the caches of this computer cannot be emptied: measure warm"};
  Result<HostPlan, ProbeFailure> prepared = prepare(plan);
  if (!prepared) return prepared.error();
  HostPlan& host = *prepared;
  const auto count = static_cast<std::uint32_t>(host.layers.size());
  const auto inference = [&] { thimble_run(host.layers.data(), count, host.bytes()); };
  inference();  // warms caches, and faults the memory in
  const Deadline deadline(options.deadline_s);
  std::vector<std::int64_t> times;
  while (static_cast<int>(times.size()) < options.runs && !deadline.expired()) times.push_back(nanoseconds(inference));
  if (static_cast<int>(times.size()) < options.runs)
    return ProbeFailure{.code = "timeout", .message = "the runs took longer than their deadline"};
  const RunStatistics statistics = statistics_of(times);
  Measurement measurement{.board = board_.name,
                          .provenance = Provenance::kMeasured,
                          .cycles = statistics.median,
                          .clock_hz = board_.clock_hz(),
                          .latency_us = static_cast<double>(statistics.median) / 1e3,
                          .runs = options.runs,
                          .spread = statistics.spread,
                          .arena_bytes = plan.arena_bytes,
                          .firmware_hash = firmware_hash(),
                          .kernel_library_version = hex_of(kernel_library_version()),
                          .compiler = host_compiler(),
                          .compiler_flags = host_flags(),
                          .git_hash = git_hash(),
                          .state = *board_state(),
                          .cache = CacheState::kWarm};
  if (options.per_layer) measure_layers(host, plan, measurement);
  return measurement;
}

}  // namespace thimble
