#include "supernet/data/data_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace fs = std::filesystem;

namespace thimble {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;

/// A zlib stream that is closed whatever happens.
class Unpacker {
 public:
  Unpacker() {
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw Error("zlib cannot start");
  }
  ~Unpacker() { inflateEnd(&stream_); }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

bool is_packed(const std::vector<std::uint8_t>& bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/// Hands zlib the next piece of what is left: its own counter has 32 bits.
void refill(z_stream& stream, std::uint8_t* bytes, std::size_t size, std::size_t& given) {
  if (stream.avail_in > 0 || given == size) return;
  const std::size_t piece = std::min<std::size_t>(size - given, 1U << 30);
  stream.next_in = bytes + given;
  stream.avail_in = static_cast<uInt>(piece);
  given += piece;
}

std::vector<std::uint8_t> unpack(std::vector<std::uint8_t>& packed, const fs::path& path) {
  Unpacker unpacker;
  z_stream& stream = unpacker.stream();
  std::vector<std::uint8_t> bytes, piece(1 << 18);
  for (std::size_t given = 0;;) {
    refill(stream, packed.data(), packed.size(), given);
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    bytes.insert(bytes.end(), piece.data(), stream.next_out);
    const bool at_end = stream.avail_in == 0 && given == packed.size();
    if (result == Z_STREAM_END && at_end) return bytes;
    if (result == Z_STREAM_END) {
      inflateReset(&stream);  // gzip files may follow each other in one
    } else if (result == Z_BUF_ERROR && at_end) {
      refuse_path(path, "must be a whole gzip file; it ends early, after " + std::to_string(packed.size()) + " bytes");
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      refuse_path(path, "must be a sound gzip file; it is damaged near byte " +
                            std::to_string(given - stream.avail_in) +
                            (stream.msg ? ": " + std::string(stream.msg) : ""));
    }
  }
}

}  // namespace

void require_folder(const fs::path& path) {
  if (!fs::is_directory(path)) refuse_path(path, "must be a folder; it does not exist");
}

std::vector<std::uint8_t> read_data_file(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) refuse_path(path, "must be there; the file is missing");
  std::ifstream file(path, std::ios::binary);
  const auto size = fs::file_size(path, ignored);
  if (!file || ignored) refuse_path(path, "must be a file that can be read");
  std::vector<std::uint8_t> bytes(size);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
    refuse_path(path, "must be a file that can be read");
  return is_packed(bytes) ? unpack(bytes, path) : bytes;
}

std::vector<std::string> read_names(const fs::path& path) {
  const std::vector<std::uint8_t> bytes = read_data_file(path);
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  std::vector<std::string> names;
  for (std::string line; std::getline(text, line);) {
    const auto end = line.find_last_not_of(" \t\r");
    names.push_back(end == std::string::npos ? "" : line.substr(0, end + 1));
  }
  while (!names.empty() && names.back().empty()) names.pop_back();
  return names;
}

}  // namespace thimble
