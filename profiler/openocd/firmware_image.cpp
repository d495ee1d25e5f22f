#include "profiler/openocd/firmware_image.hpp"

#include <algorithm>

#include "deploy/elf.hpp"
#include "firmware_probe/protocol.h"
#include "graph/base/error.hpp"
#include "profiler/resources.hpp"

namespace thimble {

FirmwareImage load_firmware_image(const std::string& name) {
  const std::string resource = "share/thimble/probe-" + name + ".elf";
  FirmwareImage image{.file = find_resource(resource)};
  if (image.file.empty())
    throw BoardError(name + ": " + resource + " is missing; apt install gcc-arm-none-eabi, and build Thimble again");
  const ElfFile elf = read_elf(image.file);
  for (const ElfSection& section : elf.sections)
    if (section.name == ".text") image.crc = probe_crc32(section.code.data(), section.code.size());
  const auto found = std::find_if(elf.symbols.begin(), elf.symbols.end(),
                                  [](const ElfSymbol& symbol) { return symbol.name == "thimble_mailbox"; });
  if (found == elf.symbols.end()) throw BoardError(image.file.string() + " has no mailbox");
  image.mailbox = found->value;
  return image;
}

}  // namespace thimble
