#pragma once
#include <span>
#include <string_view>

namespace thimble {

/// A text file that the program carries: the kernel library and the templates of a firmware project.
struct EmbeddedFile {
  std::string_view name;  ///< "kernels/thimble.h", "firmware/startup.c"
  std::string_view text;
};

/// All of them, by name.
std::span<const EmbeddedFile> embedded_files();
/// One of them; that it exists is checked.
std::string_view embedded_file(std::string_view name);

}  // namespace thimble
