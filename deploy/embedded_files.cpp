#include "deploy/embedded_files.hpp"

#include "graph/base/check.hpp"

namespace thimble {

std::string_view embedded_file(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files())
    if (file.name == name) return file.text;
  check_failed("embedded", __FILE__, __LINE__, std::string(name) + " is not embedded");
}

}  // namespace thimble
