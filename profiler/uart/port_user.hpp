#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace thimble {

/// Another process that has a device open.
struct PortUser {
  int id = 0;
  std::string name;
};

/// The first that is found; those of other users are seen by root alone. Programs that take no lock on their port, as
/// most terminals, are found this way only.
std::optional<PortUser> user_of(const std::filesystem::path& device);

}  // namespace thimble
