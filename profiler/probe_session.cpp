#include "profiler/probe_session.hpp"

#include "graph/base/check.hpp"

namespace thimble {
namespace {

constexpr std::size_t kMostLayerBytes = 5 * PROBE_LAYER_WORDS;  // a varint has at most five bytes

void append_layer(std::vector<std::uint8_t>& payload, const ProbeLayer& layer) {
  std::uint8_t varint[5];
  const auto append = [&](std::uint32_t word) {
    const std::size_t size = probe_put_varint(varint, word);
    payload.insert(payload.end(), varint, varint + size);
  };
  for (const std::uint32_t word : layer.words) append(word);
  append(layer.weight_bytes);
}

ProbeFailure short_answer(std::size_t words) {
  return {.code = "protocol_error", .message = "the probe answered with " + std::to_string(words) + " words"};
}

}  // namespace

Result<ProbeHello, ProbeFailure> ProbeSession::hello(const Deadline& deadline) {
  state_ = SessionState::kOff;
  const auto answer = link_.request(PROBE_HELLO, {}, deadline);
  if (!answer) return answer.error();
  if (answer->size() != PROBE_HELLO_WORDS) return short_answer(answer->size());
  const std::vector<std::uint32_t>& words = *answer;
  state_ = SessionState::kReady;
  return ProbeHello{.firmware_crc = words[PROBE_HELLO_FIRMWARE_CRC],
                    .kernel_library_version = words[PROBE_HELLO_LIBRARY_VERSION],
                    .cpuid = words[PROBE_HELLO_CPUID],
                    .arena_bytes = words[PROBE_HELLO_ARENA_BYTES],
                    .window_bytes = words[PROBE_HELLO_WINDOW_BYTES],
                    .max_layers = words[PROBE_HELLO_MAX_LAYERS],
                    .stack_bytes = words[PROBE_HELLO_STACK_BYTES],
                    .timer = static_cast<probe_timer>(words[PROBE_HELLO_TIMER]),
                    .clock_hz = words[PROBE_HELLO_CLOCK_HZ]};
}

Result<int, ProbeFailure> ProbeSession::load(const ProbePlan& plan, const Deadline& deadline) {
  THIMBLE_CHECK(state_ != SessionState::kOff, "a plan is loaded after hello");
  if (plan.arena_bytes > 0xffffffffLL)
    return ProbeFailure{
        .kind = FailureKind::kCandidate, .code = "arena_too_large", .message = "the arena leaves 32 bits"};
  state_ = SessionState::kReady;
  const auto count = static_cast<std::uint32_t>(plan.layers.size());
  const auto begun = link_.request(PROBE_PLAN, {static_cast<std::uint32_t>(plan.arena_bytes), count}, deadline);
  if (!begun) return begun.error();
  for (std::size_t next = 0; next < plan.layers.size();) {
    std::vector<std::uint8_t> payload(4);
    probe_put_word(payload.data(), static_cast<std::uint32_t>(next));
    while (next < plan.layers.size() && payload.size() + kMostLayerBytes <= PROBE_MAX_PAYLOAD_BYTES)
      append_layer(payload, plan.layers[next++]);
    const auto taken = link_.request(PROBE_LAYERS, payload, deadline);
    if (!taken) return taken.error();
  }
  state_ = SessionState::kLoaded;
  return static_cast<int>(count);
}

Result<ProbeRun, ProbeFailure> ProbeSession::run(probe_mode mode, int runs, const Deadline& deadline,
                                                 std::uint32_t most_cycles) {
  THIMBLE_CHECK(state_ == SessionState::kLoaded || state_ == SessionState::kMeasured, "a plan is run after load");
  state_ = SessionState::kOff;
  const auto answer =
      link_.request(PROBE_RUN, {std::uint32_t{mode}, static_cast<std::uint32_t>(runs), most_cycles}, deadline);
  if (!answer) return answer.error();
  if (answer->size() < PROBE_RUN_WORDS) return short_answer(answer->size());
  ProbeRun result{.regions = (*answer)[PROBE_RUN_REGIONS],
                  .stack_bytes = (*answer)[PROBE_RUN_STACK_BYTES],
                  .cycles = {answer->begin() + PROBE_RUN_WORDS, answer->end()}};
  if (!result.cycles.empty() && result.cycles.size() != result.regions) return short_answer(answer->size());
  state_ = SessionState::kMeasured;
  return result;
}

}  // namespace thimble
