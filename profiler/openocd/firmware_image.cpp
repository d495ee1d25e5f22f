#include "profiler/openocd/firmware_image.hpp"

#include "deploy/elf.hpp"
#include "firmware_probe/protocol.h"
#include "graph/base/error.hpp"
#include "profiler/resources.hpp"

namespace thimble {

FirmwareImage load_firmware_image(const std::string& board, const std::string& name) {
  FirmwareImage image{.file = find_probe_image(board, name)};
  const ElfFile elf = read_elf(image.file);
  for (const ElfSection& section : elf.sections)
    if (section.name == ".text") image.crc = probe_crc32(section.code.data(), section.code.size());
  const ElfSymbol* mailbox = elf.find_symbol("thimble_mailbox");
  if (mailbox == nullptr) throw BoardError(image.file.string() + " has no mailbox");
  image.mailbox = mailbox->value;
  return image;
}

}  // namespace thimble
