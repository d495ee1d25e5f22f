#include "profiler/probe_session.hpp"

#include "graph/base/check.hpp"

namespace thimble {
namespace {

constexpr std::size_t kMostLayerBytes = 5 * PROBE_LAYER_WORDS;  // a varint has at most five bytes
constexpr std::uint32_t kMostWaitStates = 15;

void append_layer(std::vector<std::uint8_t>& payload, const ProbeLayer& layer) {
  std::uint8_t varint[5];
  const auto append = [&](std::uint32_t word) {
    const std::size_t size = probe_put_varint(varint, word);
    payload.insert(payload.end(), varint, varint + size);
  };
  for (const std::uint32_t word : layer.words) append(word);
  append(layer.weight_bytes);
}

ProbeFailure no_sense(const std::vector<std::uint32_t>& words) {
  return {.code = "protocol_error",
          .message = "the probe's answer of " + std::to_string(words.size()) + " words makes no sense"};
}

/// The state that begins at a word; nothing where it makes no sense.
std::optional<BoardState> state_at(const std::vector<std::uint32_t>& answer, std::size_t first) {
  if (answer.size() < first + PROBE_STATE_WORDS) return {};
  const std::uint32_t* words = answer.data() + first;
  if (words[PROBE_STATE_CLOCK] > PROBE_CLOCK_EXTERNAL || words[PROBE_STATE_WAIT_STATES] > kMostWaitStates ||
      words[PROBE_STATE_MEMORY] > (PROBE_CACHES | PROBE_FLASH_PREFETCH))
    return {};
  return BoardState{.cpuid = words[PROBE_STATE_CPUID],
                    .clock_hz = words[PROBE_STATE_CLOCK_HZ],
                    .clock = static_cast<probe_clock>(words[PROBE_STATE_CLOCK]),
                    .flash_wait_states = static_cast<int>(words[PROBE_STATE_WAIT_STATES]),
                    .memory = words[PROBE_STATE_MEMORY]};
}

ProbeFailure state_changed(const BoardState& before, const BoardState& now) {
  return {.code = "state_changed",
          .message = "the board is not as it was when it said hello (" + to_text(before) + "), but: " + to_text(now) +
                     "; it was reset"};
}

}  // namespace

Result<ProbeHello, ProbeFailure> ProbeSession::hello(const Deadline& deadline) {
  state_ = SessionState::kOff;
  const auto answer = link_.request(PROBE_HELLO, {}, deadline);
  if (!answer) return answer.error();
  const std::vector<std::uint32_t>& words = *answer;
  const std::optional<BoardState> board = state_at(words, PROBE_HELLO_WORDS);
  if (!board || words.size() != std::size_t{PROBE_HELLO_WORDS} + PROBE_STATE_WORDS) return no_sense(words);
  state_ = SessionState::kReady;
  board_ = *board;
  return ProbeHello{.firmware_crc = words[PROBE_HELLO_FIRMWARE_CRC],
                    .kernel_library_version = words[PROBE_HELLO_LIBRARY_VERSION],
                    .arena_bytes = words[PROBE_HELLO_ARENA_BYTES],
                    .window_bytes = words[PROBE_HELLO_WINDOW_BYTES],
                    .max_layers = words[PROBE_HELLO_MAX_LAYERS],
                    .stack_bytes = words[PROBE_HELLO_STACK_BYTES],
                    .timer = static_cast<probe_timer>(words[PROBE_HELLO_TIMER]),
                    .state = board_};
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

Result<ProbeRun, ProbeFailure> ProbeSession::run(const ProbeRequest& request, const Deadline& deadline) {
  THIMBLE_CHECK(state_ == SessionState::kLoaded || state_ == SessionState::kMeasured, "a plan is run after load");
  state_ = SessionState::kOff;
  const auto answer = link_.request(
      PROBE_RUN,
      {std::uint32_t{request.mode}, static_cast<std::uint32_t>(request.runs), request.most_cycles, request.cache},
      deadline);
  if (!answer) return answer.error();
  const std::optional<BoardState> now = state_at(*answer, PROBE_RUN_WORDS);
  if (!now) return no_sense(*answer);
  if (*now != board_) return state_changed(board_, *now);
  ProbeRun result{.regions = (*answer)[PROBE_RUN_REGIONS],
                  .stack_bytes = (*answer)[PROBE_RUN_STACK_BYTES],
                  .cycles = {answer->begin() + PROBE_RUN_WORDS + std::ptrdiff_t{PROBE_STATE_WORDS}, answer->end()}};
  if (!result.cycles.empty() && result.cycles.size() != result.regions) return no_sense(*answer);
  state_ = SessionState::kMeasured;
  return result;
}

}  // namespace thimble
