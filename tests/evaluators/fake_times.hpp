#pragma once
#include <cmath>

#include "evaluators/latency_model.hpp"
#include "graph/base/rng.hpp"

namespace thimble::test {

/// A made-up board: two products at once, at a price that depends on the kernel; each output, row and layer costs
/// something. With a seed, 2 % of noise.
inline std::int64_t made_up_cycles(const ProbeLayer& layer, std::uint64_t noise_seed = 0) {
  thimble_layer shape{};
  thimble_layer_from_words(&shape, layer.words.data());
  const double outputs = 1.0 * shape.out_h * shape.out_w * shape.out_c;
  const int taps = shape.kernel_h * shape.kernel_w;
  const double pairs =
      layer.op == "depthwise_conv2d" ? outputs * ((taps + 1) / 2) : static_cast<double>(layer.macs) / 2.0;
  const double per_pair = 2.0 + layer.words[0];
  const double cycles = per_pair * pairs + 3.0 * outputs + 40.0 * shape.out_h + 200;
  return std::llround(cycles * (1 + Rng({noise_seed, layer.words[0]}).uniform(-0.02, 0.02) * (noise_seed > 0)));
}

/// Runs plans on that board. A whole run saves 10 cycles per layer.
class FakeTimes final : public Probe {
 public:
  explicit FakeTimes(std::string firmware = "f00d") : firmware_(std::move(firmware)) {
    board_.name = "fake";
    board_.core = "cortex-m4";
    board_.clock_mhz = 100;
  }
  const Board& board() const override { return board_; }
  std::string firmware_hash() const override { return firmware_; }
  Result<Measurement, ProbeFailure> run(const ProbePlan& plan, const RunOptions&) override {
    if (plan.layers.size() > most_layers)
      return ProbeFailure{FailureKind::kCandidate, "too_many_layers", "too many layers", -1};
    if (lives-- == 0) return ProbeFailure{FailureKind::kBoard, "dead", "no answer", -1};
    ++runs;
    Measurement m{.board = board_.name, .provenance = Provenance::kModelled, .clock_hz = board_.clock_hz()};
    for (const ProbeLayer& layer : plan.layers) {
      m.layers.push_back({layer.name, layer.op, layer.macs, made_up_cycles(layer), 0});
      m.cycles += m.layers.back().cycles - 10;
    }
    m.latency_us = static_cast<double>(m.cycles) / board_.clock_mhz;
    m.runs = 1;
    m.firmware_hash = "image";
    m.kernel_library_version = "0000abcd";
    m.compiler = "cc 1";
    return m;
  }

  int runs = 0, lives = -1;
  std::size_t most_layers = 1000;

 private:
  Board board_;
  std::string firmware_;
};

}  // namespace thimble::test
