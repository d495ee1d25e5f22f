#include "deploy/elf.hpp"

#include <cstring>
#include <fstream>
#include <iterator>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

constexpr std::uint32_t kSymbolTable = 2, kRelocationsWithAddend = 4, kRelocations = 9;
constexpr std::uint32_t kInstructions = 4;  // SHF_EXECINSTR
constexpr int kLocal = 0, kWeak = 2;        // of a symbol
constexpr std::uint16_t kFirstReservedSection = 0xff00;

class Bytes {
 public:
  explicit Bytes(const std::filesystem::path& path) : path_(path.string()) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw Error(path_ + ": cannot be opened");
    data_.assign(std::istreambuf_iterator<char>(file), {});
  }

  template <class T>
  T read(std::size_t offset) const {
    if (offset + sizeof(T) > data_.size()) throw Error(path_ + ": the ELF file ends too early");
    T value;
    std::memcpy(&value, data_.data() + offset, sizeof(T));
    return value;
  }
  std::uint32_t word(std::size_t offset) const { return read<std::uint32_t>(offset); }
  std::uint16_t half(std::size_t offset) const { return read<std::uint16_t>(offset); }

  std::string text(std::size_t offset) const {
    std::string text;
    for (char c = read<char>(offset); c != 0; c = read<char>(++offset)) text += c;
    return text;
  }

  std::vector<std::uint8_t> slice(std::size_t offset, std::size_t size) const {
    if (offset + size > data_.size()) throw Error(path_ + ": the ELF file ends too early");
    const auto begin = data_.begin() + static_cast<std::ptrdiff_t>(offset);
    return {begin, begin + static_cast<std::ptrdiff_t>(size)};
  }

  void require_elf32() const {
    const bool sound = data_.size() > 52 && std::memcmp(data_.data(),
                                                        "\x7f"
                                                        "ELF\x01\x01",
                                                        6) == 0;
    if (!sound) throw Error(path_ + ": is not a 32-bit little-endian ELF file");
  }

 private:
  std::string path_;
  std::vector<char> data_;
};

/// The fields of a section header that reading needs besides those that are kept.
struct Header {
  std::uint32_t name, type, flags, address, offset, size, link, info, alignment, entry_bytes;
};

std::vector<Header> read_headers(const Bytes& bytes) {
  const std::uint32_t table = bytes.word(32);
  const std::uint16_t entry = bytes.half(46), count = bytes.half(48);
  std::vector<Header> headers;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t at = table + i * entry;
    Header header{};
    std::uint32_t* fields[] = {&header.name, &header.type, &header.flags, &header.address,   &header.offset,
                               &header.size, &header.link, &header.info,  &header.alignment, &header.entry_bytes};
    for (std::size_t field = 0; field < std::size(fields); ++field) *fields[field] = bytes.word(at + 4 * field);
    headers.push_back(header);
  }
  return headers;
}

void read_symbols(const Bytes& bytes, const Header& table, const Header& names, ElfFile& elf) {
  for (std::uint32_t at = table.offset; at + 16 <= table.offset + table.size; at += 16) {
    ElfSymbol symbol;
    symbol.name = bytes.text(names.offset + bytes.word(at));
    symbol.value = bytes.word(at + 4);
    symbol.size = bytes.word(at + 8);
    const int binding = bytes.read<std::uint8_t>(at + 12) >> 4;
    symbol.global = binding != kLocal;
    symbol.weak = binding == kWeak;
    const std::uint16_t section = bytes.half(at + 14);
    symbol.section = section >= kFirstReservedSection ? 0 : section;
    elf.symbols.push_back(symbol);
  }
}

void read_references(const Bytes& bytes, const Header& table, ElfFile& elf) {
  const std::uint32_t entry = table.type == kRelocationsWithAddend ? 12 : 8;
  for (std::uint32_t at = table.offset; at + entry <= table.offset + table.size; at += entry)
    elf.references.push_back({static_cast<int>(table.info), static_cast<int>(bytes.word(at + 4) >> 8),
                              static_cast<int>(bytes.word(at + 4) & 0xff)});
}

}  // namespace

bool ElfReference::is_call() const {
  constexpr int kThumbCall = 10, kCall = 28, kJump24 = 29, kThumbJump24 = 30, kThumbJump19 = 51, kThumbJump11 = 102;
  return type == kThumbCall || type == kCall || type == kJump24 || type == kThumbJump24 || type == kThumbJump19 ||
         type == kThumbJump11;
}

std::uint32_t ElfFile::section_bytes(const std::string& name) const {
  std::uint32_t size = 0;
  for (const ElfSection& section : sections)
    if (section.name == name) size += section.size;
  return size;
}

const ElfSymbol* ElfFile::find_symbol(const std::string& name) const {
  for (const ElfSymbol& symbol : symbols)
    if (symbol.name == name && symbol.section != 0) return &symbol;
  return nullptr;
}

ElfFile read_elf(const std::filesystem::path& path) {
  const Bytes bytes(path);
  bytes.require_elf32();
  const std::vector<Header> headers = read_headers(bytes);
  const std::uint32_t names = headers.at(bytes.half(50)).offset;
  ElfFile elf;
  for (const Header& header : headers) {
    ElfSection section{
        bytes.text(names + header.name), header.type, header.flags, header.address, header.size, header.alignment, {}};
    if ((header.flags & kInstructions) != 0) section.code = bytes.slice(header.offset, header.size);
    elf.sections.push_back(std::move(section));
    if (header.type == kSymbolTable) read_symbols(bytes, header, headers.at(header.link), elf);
    if (header.type == kRelocations || header.type == kRelocationsWithAddend) read_references(bytes, header, elf);
  }
  // A weak reference makes the linker keep nothing.
  std::erase_if(elf.references, [&](const ElfReference& reference) {
    const ElfSymbol& symbol = elf.symbols.at(static_cast<std::size_t>(reference.symbol));
    return symbol.weak && symbol.section == 0;
  });
  return elf;
}

}  // namespace thimble
