#include "profiler/probe_link.hpp"

#include <algorithm>

#include "graph/base/check.hpp"

namespace thimble {
namespace {

constexpr double kFirstRetrySeconds = 0.2;
constexpr double kMomentSeconds = 0.005;  // after something that cannot be read, our answer may still come
constexpr int kMostAttempts = 20;
constexpr std::size_t kMostReceived = 8192;  // answers are shorter: more than this without an end is noise

using Words = std::vector<std::uint32_t>;

ProbeFailure no_sense(const std::string& what) {
  return {.code = "protocol_error", .message = "the probe's answer makes no sense: " + what};
}

}  // namespace

std::vector<std::uint8_t> encode_frame(std::uint8_t type, std::uint16_t sequence,
                                       std::span<const std::uint8_t> payload) {
  THIMBLE_CHECK(payload.size() <= PROBE_MAX_PAYLOAD_BYTES, "a request must fit a frame");
  std::vector<std::uint8_t> body = {PROBE_PROTOCOL_VERSION, type, static_cast<std::uint8_t>(sequence),
                                    static_cast<std::uint8_t>(sequence >> 8)};
  body.insert(body.end(), payload.begin(), payload.end());
  const std::uint32_t crc = probe_crc32(body.data(), body.size());
  body.resize(body.size() + PROBE_CRC_BYTES);
  probe_put_word(body.data() + body.size() - PROBE_CRC_BYTES, crc);
  std::vector<std::uint8_t> frame(body.size() + body.size() / 254 + 3);
  frame.resize(1 + probe_cobs_encode(body.data(), body.size(), frame.data() + 1));
  frame.push_back(0);
  return frame;
}

ProbeLink::Frame ProbeLink::decode(std::vector<std::uint8_t> bytes) {
  Frame frame;
  const std::size_t size = probe_cobs_decode(bytes.data(), bytes.size());
  if (size < PROBE_HEADER_BYTES + PROBE_CRC_BYTES || size % 4 != 0) return frame;
  const std::size_t body = size - PROBE_CRC_BYTES;
  if (probe_crc32(bytes.data(), body) != probe_get_word(bytes.data() + body)) return frame;
  frame.sound = true;
  frame.version = bytes[0];
  frame.type = bytes[1];
  frame.sequence = static_cast<std::uint16_t>(bytes[2] | bytes[3] << 8);
  for (std::size_t at = PROBE_HEADER_BYTES; at < body; at += 4)
    frame.words.push_back(probe_get_word(bytes.data() + at));
  return frame;
}

ProbeLink::Frame ProbeLink::receive(const Deadline& deadline) {
  std::uint8_t block[512];
  for (;;) {
    const auto end = std::find(received_.begin(), received_.end(), std::uint8_t{0});
    if (end != received_.end()) {
      std::vector<std::uint8_t> encoded(received_.begin(), end);
      received_.erase(received_.begin(), end + 1);
      if (!encoded.empty()) return decode(std::move(encoded));
      continue;
    }
    if (received_.size() > kMostReceived) received_.clear();
    const std::size_t count = transport_.read(block, deadline);
    if (count == 0) return {};
    received_.insert(received_.end(), block, block + count);
  }
}

Result<Words, ProbeFailure> ProbeLink::request(probe_type type, std::initializer_list<std::uint32_t> words,
                                               const Deadline& deadline) {
  std::vector<std::uint8_t> payload(words.size() * 4);
  std::size_t at = 0;
  for (const std::uint32_t word : words) probe_put_word(payload.data() + 4 * at++, word);
  return request(type, payload, deadline);
}

Result<Words, ProbeFailure> ProbeLink::request(probe_type type, std::span<const std::uint8_t> payload,
                                               const Deadline& deadline) {
  const std::uint16_t sequence = ++sequence_ == 0 ? ++sequence_ : sequence_;  // 0 is of frames nobody could read
  const std::vector<std::uint8_t> frame = encode_frame(type, sequence, payload);
  double patience = kFirstRetrySeconds;
  for (int attempt = 0; attempt < kMostAttempts && !deadline.expired(); ++attempt, patience *= 2) {
    transport_.write(frame, deadline);
    Deadline retry = deadline.sooner(patience);
    while (!retry.expired()) {
      const Frame answer = receive(retry);
      const bool unread = answer.sound && answer.sequence == 0;  // ours may have been the broken one
      if (!answer.sound || unread) retry = retry.sooner(kMomentSeconds);
      if (!answer.sound || answer.sequence != sequence) continue;
      if (answer.type == PROBE_ERROR && answer.words.size() == PROBE_ERROR_WORDS) return refusal(answer.words);
      if (answer.version != PROBE_PROTOCOL_VERSION)
        return no_sense("protocol version " + std::to_string(answer.version));
      if (answer.type == PROBE_FAULT && answer.words.size() == PROBE_FAULT_WORDS) return fault(answer.words);
      if (answer.type == type + PROBE_ANSWER) return answer.words;
      return no_sense("type " + std::to_string(answer.type) + " to a request of type " + std::to_string(type));
    }
  }
  if (deadline.expired()) return ProbeFailure{.code = "timeout", .message = "the probe did not answer in time"};
  return ProbeFailure{.code = "noise", .message = "nothing that the probe sends can be read"};
}

}  // namespace thimble
