#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace thimble {

struct ElfSection {
  std::string name;
  std::uint32_t type = 0, flags = 0, address = 0, size = 0, alignment = 0;

  std::vector<std::uint8_t> code;  ///< of sections that hold instructions

  bool allocated() const { return (flags & 2u) != 0; }  ///< SHF_ALLOC: has bytes in the target's memory
};

struct ElfSymbol {
  std::string name;
  int section = 0;  ///< index; 0 where the symbol is defined elsewhere
  std::uint32_t value = 0, size = 0;
  bool global = false, weak = false;
};

/// Section `section` refers to symbol `symbol`.
struct ElfReference {
  int section = 0;
  int symbol = 0;
  int type = 0;  ///< of the relocation

  bool is_call() const;  ///< an Arm or Thumb branch; else an address is taken
};

/// Sections, symbols and relocations of a 32-bit little-endian ELF file; of the contents only code is kept. References
/// to weak symbols that the file does not define are left out.
struct ElfFile {
  std::vector<ElfSection> sections;
  std::vector<ElfSymbol> symbols;
  std::vector<ElfReference> references;

  /// Size of the section of that name; 0 where there is none.
  std::uint32_t section_bytes(const std::string& name) const;
  /// The first symbol of that name that the file defines; nothing where there is none.
  const ElfSymbol* find_symbol(const std::string& name) const;
};

/// @error Error  the file cannot be read, or is not such an ELF file
ElfFile read_elf(const std::filesystem::path& path);

}  // namespace thimble
