#include "graph/base/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path, int error) {
  throw Error(path.string() + ": " + what + ": " + std::strerror(error));
}

/// A file descriptor that is closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) fail("cannot be written", path, errno);
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void write_new_file(const std::filesystem::path& path, std::initializer_list<std::string_view> pieces) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) fail("cannot be written", path, errno);
  for (const std::string_view piece : pieces) write_all(file.get(), piece, path);
  if (::fsync(file.get()) != 0) fail("cannot be written", path, errno);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::error_code no_folder;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(no_folder);
  if (no_folder) {
    const char* named = std::getenv("TMPDIR");
    throw Error("TMPDIR " + std::string(named ? named : "/tmp") +
                ": no folder for temporary files: " + no_folder.message());
  }
  std::string pattern = (parent / "thimble-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw Error(pattern + ": cannot be made: " + std::strerror(errno));
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file_atomically(const std::filesystem::path& path, std::initializer_list<std::string_view> pieces) {
  const std::filesystem::path temporary = path.string() + "." + std::to_string(::getpid()) + ".part";
  try {
    write_new_file(temporary, pieces);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail("cannot be put in place", path, error);
  }
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  write_file_atomically(path, {content});
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::error_code failed;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), failed);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (failed || !file) throw Error(path.string() + ": cannot be written: " + std::strerror(errno));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path.string() + ": cannot be read: " + std::strerror(errno));
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace thimble
