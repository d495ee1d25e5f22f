#pragma once
#include <filesystem>
#include <string>

namespace thimble::test {

/// A name under which libserialport opens the pseudo terminal that `link` leads to. It looks ports up in
/// /sys/class/tty, where none of those stands; a name by way of the root finds the link itself there. What else a
/// pseudo terminal lacks is given to it by this file's ioctl.
std::string port_name(const std::filesystem::path& link);

}  // namespace thimble::test
