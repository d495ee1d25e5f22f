#pragma once
#include <filesystem>
#include <string>

namespace thimble {

/// A file that Thimble brings with it, e.g. "share/thimble/probe-virtual-m4.elf": looked for beside the program (its
/// prefix is the folder above its own), then in the build, then where it was to be installed. Empty where it is not.
std::filesystem::path find_resource(const std::string& name);

/// share/thimble/probe-IMAGE.elf, the probe firmware that runs on a board.
/// @error BoardError  it is missing: names the board, and what to do
std::filesystem::path find_probe_image(const std::string& board, const std::string& image);

/// 16 hexadecimal digits of what a file holds.
/// @error BoardError  it cannot be read
std::string hash_of_file(const std::filesystem::path& file);

/// The folder of the boards that Thimble knows: configs/boards of the source tree, else share/thimble/boards.
std::filesystem::path board_folder();

}  // namespace thimble
