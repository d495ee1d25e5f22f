#include "supernet/data/binary_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "graph/base/error.hpp"
#include "graph/base/hash.hpp"

namespace thimble {
namespace {

struct Header {
  char magic[8] = {};
  std::uint32_t version = 0;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;
};

[[noreturn]] void fail(const std::string& path, const std::string& what) { throw Error(path + ": " + what); }

/// A file descriptor that closes itself.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path)
      : path_(path), handle_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
    if (handle_ < 0) fail(path_, std::string("cannot be written: ") + std::strerror(errno));
  }
  ~OutputFile() { ::close(handle_); }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const char* bytes, std::size_t size) {
    while (size > 0) {
      const ssize_t written = ::write(handle_, bytes, size);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(path_, std::string("cannot be written: ") + std::strerror(errno));
      bytes += written;
      size -= static_cast<std::size_t>(written);
    }
  }
  void flush_to_disk() {
    if (::fsync(handle_) != 0) fail(path_, std::string("cannot be flushed: ") + std::strerror(errno));
  }

 private:
  std::string path_;
  int handle_;
};

}  // namespace

void BinaryWriter::write_file(const std::string& path, std::string_view magic, std::uint32_t version) const {
  Header header;
  std::memcpy(header.magic, magic.data(), std::min(magic.size(), sizeof(header.magic)));
  header.version = version;
  header.crc = crc32_of(bytes_.data(), bytes_.size());
  header.size = bytes_.size();
  const std::string temporary = path + ".tmp";
  try {
    OutputFile file(temporary);
    file.write(reinterpret_cast<const char*>(&header), sizeof(header));
    file.write(bytes_.data(), bytes_.size());
    file.flush_to_disk();
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    fail(path, std::string("cannot be replaced: ") + std::strerror(errno));
}

BinaryReader::BinaryReader(const std::string& path, std::string_view magic, std::uint32_t version) : path_(path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(path, std::string("cannot be read: ") + std::strerror(errno));
  Header header;
  Header wanted;
  std::memcpy(wanted.magic, magic.data(), std::min(magic.size(), sizeof(wanted.magic)));
  if (!file.read(reinterpret_cast<char*>(&header), sizeof(header)) ||
      std::memcmp(header.magic, wanted.magic, sizeof(wanted.magic)) != 0)
    fail(path, "is not a " + std::string(magic) + " file");
  if (header.version != version)
    fail(path,
         "has version " + std::to_string(header.version) + "; this program reads version " + std::to_string(version));
  const auto start = file.tellg();
  file.seekg(0, std::ios::end);
  if (static_cast<std::uint64_t>(file.tellg() - start) != header.size) fail(path, "is damaged: its length is wrong");
  file.seekg(start);
  bytes_.resize(header.size);
  file.read(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
  if (!file || crc32_of(bytes_.data(), bytes_.size()) != header.crc) fail(path, "is damaged: its checksum is wrong");
}

const char* BinaryReader::take(std::size_t size) {
  check_count(size, 1);
  const char* start = bytes_.data() + position_;
  position_ += size;
  return start;
}

void BinaryReader::check_count(std::size_t count, std::size_t element) const {
  if (count > (bytes_.size() - position_) / element) fail(path_, "is damaged: it ends early");
}

}  // namespace thimble
