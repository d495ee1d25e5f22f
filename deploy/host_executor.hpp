#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "deploy/plan.hpp"

namespace thimble {

/// Runs a plan on this machine with the kernel library that the firmware links, in an arena of exactly the planned
/// bytes.
class HostExecutor {
 public:
  /// Called with an operator's output after the last of its steps; the next one may overwrite it.
  using Observer = std::function<void(const Step& step, std::span<const std::int8_t> output)>;

  /// @param graph  int8 with weights, of the plan's shapes
  /// @error Error  a layer that the kernels cannot hold
  HostExecutor(const Plan& plan, const Graph& graph);

  /// @param input   plan.input_bytes values
  /// @return plan.output_bytes values: all outputs in the graph's order
  std::vector<std::int8_t> run(std::span<const std::int8_t> input, const Observer& observer = {});

 private:
  std::int8_t* arena() { return reinterpret_cast<std::int8_t*>(arena_.data()); }
  Plan plan_;
  std::vector<std::vector<std::uint32_t>> weights_;
  std::vector<thimble_layer> layers_;
  std::vector<std::uint64_t> arena_;  ///< aligned to 8 bytes
};

}  // namespace thimble
