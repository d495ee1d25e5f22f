#include "profiler/firmware_image.hpp"

#include "deploy/elf.hpp"
#include "firmware_probe/protocol.h"
#include "graph/base/error.hpp"
#include "graph/base/hash.hpp"
#include "profiler/provenance.hpp"
#include "profiler/resources.hpp"

namespace thimble {

FirmwareImage load_firmware_image(const Board& board, std::filesystem::path file) {
  FirmwareImage image;
  image.name = board.startup.empty() ? board.name : board.startup;
  image.file = std::move(file);
  if (image.file.empty()) image.file = find_probe_image(board.name, image.name);
  image.hash = hash_of_file(image.file);
  const ElfFile elf = read_elf(image.file);
  for (const ElfSection& section : elf.sections)
    if (section.name == ".text") image.crc = probe_crc32(section.code.data(), section.code.size());
  const ElfSymbol* mailbox = elf.find_symbol("thimble_mailbox");
  if (mailbox == nullptr) throw BoardError(image.file.string() + " has no mailbox");
  image.mailbox = mailbox->value;
  return image;
}

std::string hash_of_firmware(const FirmwareImage& image, const Board& board) {
  return to_hex(fnv1a64("probe " + image.hash + " core " + board.core + " compiler " + firmware_compiler() + " flags " +
                        firmware_flags(image.name)));
}

}  // namespace thimble
