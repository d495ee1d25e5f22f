#include <fmt/format.h>

#include "profiler/probe_link.hpp"

namespace thimble {
namespace {

struct Refusal {
  FailureKind kind;
  const char* code;
  const char* message;  // {} is the detail
};

Refusal refusal_of(std::uint32_t error) {
  using enum FailureKind;
  switch (error) {
    case PROBE_BAD_FRAME:
      return {kBoard, "bad_frame", "the probe received a broken frame of {} bytes"};
    case PROBE_WRONG_VERSION:
      return {kBoard, "wrong_version", "the probe's firmware speaks protocol version {}; flash it anew"};
    case PROBE_UNKNOWN_REQUEST:
      return {kBoard, "unknown_request", "the probe does not know requests of type {}"};
    case PROBE_BAD_LENGTH:
      return {kBoard, "bad_length", "the probe received a request with a payload of {} bytes"};
    case PROBE_TOO_MANY_LAYERS:
      return {kCandidate, "too_many_layers", "the probe takes at most {} layers"};
    case PROBE_LAYERS_OUT_OF_ORDER:
      return {kBoard, "layers_out_of_order", "the probe expected layer {}"};
    case PROBE_PLAN_INCOMPLETE:
      return {kBoard, "plan_incomplete", "the probe has only {} layers of the plan"};
    case PROBE_ARENA_TOO_LARGE:
      return {kCandidate, "arena_too_large", "the probe's arena has {} bytes"};
    case PROBE_UNKNOWN_KERNEL:
      return {kCandidate, "unknown_kernel", "the probe has no kernel number {}"};
    case PROBE_WEIGHTS_TOO_LARGE:
      return {kCandidate, "weights_too_large", "{} bytes of weights are more than the board's flash"};
    case PROBE_BAD_LAYER:
      return {kCandidate, "bad_layer", "the kernel library refused the layer (status {})"};
    case PROBE_BAD_MODE:
      return {kBoard, "bad_mode", "the probe has no mode {}"};
    case PROBE_TOO_MANY_REGIONS:
      return {kCandidate, "too_many_regions", "the probe times at most {} regions in one request"};
    case PROBE_ARENA_OVERRUN:
      return {kCandidate, "arena_overrun", "a kernel wrote outside the arena (1: before it, 2: behind it: {})"};
    case PROBE_STACK_OVERFLOW:
      return {kCandidate, "stack_overflow", "the kernels need more than {} bytes of stack"};
    case PROBE_BAD_CACHE:
      return {kBoard, "bad_cache", "the probe knows no caches in the state {}"};
    default:
      return {kBoard, "unknown_error", "the probe reported an error that this version does not know ({})"};
  }
}

/// Interrupts are masked, so every fault arrives as a hard fault: the status register tells them apart.
std::string fault_name(std::uint32_t exception, std::uint32_t status) {
  if (status & 0xffff0000u) return "usage fault";
  if (status & 0xff00u) return "bus fault";
  if (status & 0xffu) return "memory fault";
  return exception == 3 ? "hard fault" : "exception " + std::to_string(exception);
}

}  // namespace

ProbeFailure refusal(const std::vector<std::uint32_t>& words) {
  const Refusal known = refusal_of(words[PROBE_ERROR_CODE]);
  ProbeFailure failure{.kind = known.kind, .code = known.code};
  const auto detail = static_cast<std::int32_t>(words[PROBE_ERROR_DETAIL]);
  failure.message = fmt::format(fmt::runtime(known.message), detail);
  if (words[PROBE_ERROR_LAYER] != PROBE_NO_LAYER) failure.layer = static_cast<int>(words[PROBE_ERROR_LAYER]);
  return failure;
}

ProbeFailure fault(const std::vector<std::uint32_t>& words) {
  if (words[PROBE_FAULT_EXCEPTION] == PROBE_EXCEPTION_TICK)
    return {.kind = FailureKind::kCandidate,
            .code = "hung",
            .message = fmt::format("a kernel does not end: it was at pc 0x{:08x} (lr 0x{:08x}) when its time was over",
                                   words[PROBE_FAULT_PC], words[PROBE_FAULT_LR])};
  return {.kind = FailureKind::kCandidate,
          .code = "fault",
          .message = fmt::format(
              "the core took a {} at pc 0x{:08x} (lr 0x{:08x}, address 0x{:08x}, CFSR 0x{:08x}, HFSR 0x{:08x})",
              fault_name(words[PROBE_FAULT_EXCEPTION], words[PROBE_FAULT_CFSR]), words[PROBE_FAULT_PC],
              words[PROBE_FAULT_LR], words[PROBE_FAULT_ADDRESS], words[PROBE_FAULT_CFSR], words[PROBE_FAULT_HFSR])};
}

}  // namespace thimble
