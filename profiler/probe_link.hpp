#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "firmware_probe/protocol.h"
#include "graph/base/result.hpp"
#include "profiler/probe.hpp"
#include "profiler/transport.hpp"

namespace thimble {

/// Bytes of one request as they go over the wire, zeros included.
std::vector<std::uint8_t> encode_frame(std::uint8_t type, std::uint16_t sequence,
                                       std::span<const std::uint8_t> payload);

/// Questions to the probe firmware and its answers over a transport that may lose, change or repeat bytes.
///
/// A request is sent again until its own answer has come; the firmware does it once. What cannot be decoded is dropped,
/// answers to older requests too.
class ProbeLink {
 public:
  explicit ProbeLink(Transport& transport) : transport_(transport) {}

  /// @return words of the answer
  /// @error ProbeFailure  kCandidate: the firmware refused or its core faulted; kBoard: no answer until the deadline,
  ///                      another protocol, or an answer that makes no sense
  /// @error BoardError    the transport is gone
  Result<std::vector<std::uint32_t>, ProbeFailure> request(probe_type type, std::span<const std::uint8_t> payload,
                                                           const Deadline& deadline);
  /// A payload of words alone.
  Result<std::vector<std::uint32_t>, ProbeFailure> request(probe_type type, std::initializer_list<std::uint32_t> words,
                                                           const Deadline& deadline);

 private:
  struct Frame {
    bool sound = false;
    std::uint8_t version = 0, type = 0;
    std::uint16_t sequence = 0;
    std::vector<std::uint32_t> words;
  };
  static Frame decode(std::vector<std::uint8_t> encoded);
  /// The next frame, or an unsound one where the deadline passed.
  Frame receive(const Deadline& deadline);

  Transport& transport_;
  std::uint16_t sequence_ = 0;
  std::vector<std::uint8_t> received_;  ///< of the frame that has not ended yet
};

/// What the firmware said, in words.
ProbeFailure refusal(const std::vector<std::uint32_t>& error_words);
ProbeFailure fault(const std::vector<std::uint32_t>& fault_words);

}  // namespace thimble
