#include "tests/profiler/pty_port.hpp"

#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

namespace thimble::test {

std::string port_name(const std::filesystem::path& link) { return "/dev/../../.." + link.string(); }

}  // namespace thimble::test

/// In place of the C library's, for this program and its shared libraries: a pseudo terminal has no modem lines, and
/// libserialport opens no port without.
extern "C" int ioctl(int file, unsigned long request, ...) noexcept {
  va_list rest;
  va_start(rest, request);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  const long result = syscall(SYS_ioctl, file, request, argument);
  const bool of_modem = request == TIOCMGET || request == TIOCMSET || request == TIOCMBIS || request == TIOCMBIC;
  if (result < 0 && errno == ENOTTY && of_modem && isatty(file)) {
    if (request == TIOCMGET) *static_cast<int*>(argument) = 0;
    return 0;
  }
  return static_cast<int>(result);
}
