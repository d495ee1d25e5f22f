#pragma once
#include <filesystem>

namespace thimble {

/// One rule for all that a user names with --out or FILE: folders that are missing on the way to it are made.
///
/// Found out before any work: whether that can be.
/// @error ConfigError  a file stands where one of the folders is wanted
void require_place(const std::filesystem::path& out);

/// Makes the folders on the way to a file.
/// @error Error  names the folder and the cause
void make_folders_to(const std::filesystem::path& file);

}  // namespace thimble
