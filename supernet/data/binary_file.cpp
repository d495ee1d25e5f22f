#include "supernet/data/binary_file.hpp"

#include <cerrno>
#include <fstream>

#include "graph/base/error.hpp"
#include "graph/base/files.hpp"
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

}  // namespace

void BinaryWriter::write_file(const std::string& path, std::string_view magic, std::uint32_t version) const {
  Header header;
  std::memcpy(header.magic, magic.data(), std::min(magic.size(), sizeof(header.magic)));
  header.version = version;
  header.crc = crc32_of(bytes_.data(), bytes_.size());
  header.size = bytes_.size();
  write_file_atomically(path, {std::string_view(reinterpret_cast<const char*>(&header), sizeof(header)), bytes_});
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
