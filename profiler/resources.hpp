#pragma once
#include <filesystem>
#include <string>

namespace thimble {

/// A file that Thimble brings with it, e.g. "share/thimble/probe-virtual-m4.elf": looked for beside the program (its
/// prefix is the folder above its own), then in the build, then where it was to be installed. Empty where it is not.
std::filesystem::path find_resource(const std::string& name);

/// The folder of the boards that Thimble knows: configs/boards of the source tree, else share/thimble/boards.
std::filesystem::path board_folder();

}  // namespace thimble
