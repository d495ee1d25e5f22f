#include "cli/event_file.hpp"

#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstring>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

constexpr std::uint32_t kCastagnoli = 0x82f63b78;  // reversed
constexpr std::uint32_t kMaskDelta = 0xa282ead8;   // of TFRecord

std::uint32_t masked_crc(const std::string& bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      made[i] = i;
      for (int bit = 0; bit < 8; ++bit) made[i] = (made[i] >> 1) ^ ((made[i] & 1) != 0 ? kCastagnoli : 0);
    }
    return made;
  }();
  std::uint32_t crc = ~0u;
  for (const char c : bytes) crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  return std::rotr(~crc, 15) + kMaskDelta;
}

template <class T>
std::string bytes_of(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);  // little-endian, as the format
  return bytes;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

// Fields of protocol buffers by their wire type.
constexpr int kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5;
std::string key(int field, int wire_type) { return varint(static_cast<std::uint64_t>(field << 3 | wire_type)); }
std::string embedded(int field, const std::string& message) {
  return key(field, kLengthDelimited) + varint(message.size()) + message;
}

/// tensorflow.Event: wall_time = 1, step = 2, file_version = 3, summary = 5.
std::string event(std::int64_t step, const std::string& rest) {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  return key(1, kFixed64) + bytes_of(now.count()) + key(2, kVarint) + varint(static_cast<std::uint64_t>(step)) + rest;
}

std::string file_name() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  return "events.out.tfevents." + std::to_string(seconds.count()) + "." + host + "." + std::to_string(getpid());
}

}  // namespace

EventFile::EventFile(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  path_ = folder / file_name();
  file_.open(path_, std::ios::binary | std::ios::app);
  write(event(0, embedded(3, "brain.Event:2")));
}

void EventFile::add(const std::string& tag, std::int64_t step, double value) {
  // Summary: value = 1; Summary.Value: tag = 1, simple_value = 2.
  const std::string scalar = embedded(1, tag) + key(2, kFixed32) + bytes_of(static_cast<float>(value));
  write(event(step, embedded(5, embedded(1, scalar))));
}

void EventFile::write(const std::string& event) {
  const std::string length = bytes_of(static_cast<std::uint64_t>(event.size()));
  file_ << length << bytes_of(masked_crc(length)) << event << bytes_of(masked_crc(event)) << std::flush;
  if (!file_) throw Error(path_.string() + " cannot be written (disk full, no permission?)");
}

}  // namespace thimble
