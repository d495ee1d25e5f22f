#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "deploy/target.hpp"

namespace thimble {

/// A file of a firmware project that is the same for all models.
struct ProjectFile {
  std::string path;  ///< in the project: "startup.c", "thimble/thimble.h", "kat/semihosting.c"
  std::string_view text;

  bool is_source() const { return path.ends_with(".c"); }
  bool of_the_test() const { return path.starts_with("kat/"); }  ///< known-answer test: not counted
  bool of_the_kernels() const { return path.starts_with("thimble/"); }
};

/// Those of a target: the kernel library in thimble/, the known-answer test in kat/, start-up and interface at the top.
std::vector<ProjectFile> project_files(const Target& target);

}  // namespace thimble
