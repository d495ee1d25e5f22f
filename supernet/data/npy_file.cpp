#include "supernet/data/npy_file.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "supernet/data/data_file.hpp"

namespace fs = std::filesystem;

namespace thimble {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMostElements = std::size_t{1} << 40;

/// Reads the header's dictionary from left to right: {'descr': '|u1', 'fortran_order': False, 'shape': (3, 4), }
class HeaderText {
 public:
  explicit HeaderText(std::string_view text) : rest_(text) {}

  /// Takes a sign where it is next.
  bool take(std::string_view sign) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n\t"), rest_.size()));
    if (!rest_.starts_with(sign)) return false;
    rest_.remove_prefix(sign.size());
    return true;
  }
  std::optional<std::string> quoted() {
    for (const char* quote : {"'", "\""})
      if (take(quote)) {
        const auto end = rest_.find(quote);
        if (end == std::string_view::npos) return std::nullopt;
        std::string text(rest_.substr(0, end));
        rest_.remove_prefix(end + 1);
        return text;
      }
    return std::nullopt;
  }
  std::optional<std::vector<std::int64_t>> tuple() {
    std::vector<std::int64_t> values;
    if (!take("(")) return std::nullopt;
    while (!take(")")) {
      std::int64_t value = 0;
      take("");  // spaces
      const auto [end, failure] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
      if (failure != std::errc() || value < 0) return std::nullopt;
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      values.push_back(value);
      take("L");  // Python 2's long integers
      if (!take(",") && !rest_.starts_with(")")) return std::nullopt;
    }
    return values;
  }

 private:
  std::string_view rest_;
};

struct Header {
  std::optional<std::string> dtype;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::int64_t>> shape;
  bool structured = false;
};

/// Nothing where the text is no such dictionary.
std::optional<Header> parse_header(std::string_view text) {
  HeaderText rest(text);
  Header header;
  if (!rest.take("{")) return std::nullopt;
  while (!rest.take("}")) {
    const auto key = rest.quoted();
    if (!key || !rest.take(":")) return std::nullopt;
    if (*key == "descr" && rest.take("[")) {
      header.structured = true;
      return header;
    }
    if (*key == "descr") {
      if (!(header.dtype = rest.quoted())) return std::nullopt;
    } else if (*key == "fortran_order") {
      header.fortran_order = rest.take("True");
      if (!*header.fortran_order && !rest.take("False")) return std::nullopt;
    } else if (*key == "shape") {
      if (!(header.shape = rest.tuple())) return std::nullopt;
    } else {
      return std::nullopt;
    }
    rest.take(",");
  }
  if (!header.dtype || !header.fortran_order || !header.shape) return std::nullopt;
  return header;
}

/// Where the header's text lies: first byte and length.
std::pair<std::size_t, std::size_t> header_place(const std::vector<std::uint8_t>& bytes, const fs::path& path) {
  if (bytes.size() < 12 || !std::equal(kMagic.begin(), kMagic.end(), bytes.begin(),
                                       [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }))
    refuse_path(path, "must be a NumPy array (.npy); it does not begin with \\x93NUMPY");
  const int version = bytes[6];
  if (version < 1 || version > 3)
    refuse_path(path, "must be of version 1, 2 or 3 of the .npy format; it is of version " + std::to_string(version));
  const std::size_t start = version == 1 ? 10 : 12;
  std::size_t size = 0;
  for (std::size_t i = start; i-- > 8;) size = size << 8 | bytes[i];
  if (size > bytes.size() - start)
    refuse_path(path, "must have a header of " + std::to_string(size) + " bytes, as it says; the file ends at byte " +
                          std::to_string(bytes.size()));
  return {start, size};
}

std::size_t element_bytes(const std::string& dtype) { return static_cast<std::size_t>(dtype.back() - '0'); }

}  // namespace

std::string NpyArray::shape_text() const {
  std::string text;
  for (std::int64_t size : shape) text += (text.empty() ? "" : ",") + std::to_string(size);
  return "[" + text + "]";
}

NpyArray read_npy(const fs::path& path, const std::vector<std::string>& dtypes, const std::string& rule) {
  NpyArray array{"", {}, read_data_file(path)};
  const auto [start, size] = header_place(array.bytes, path);
  const auto header = parse_header({reinterpret_cast<const char*>(array.bytes.data()) + start, size});
  if (!header)
    refuse_path(path, "must have a header with descr, fortran_order and shape; its header at byte " +
                          std::to_string(start) + " has not");
  if (header->structured) refuse_path(path, rule + "; it has fields");
  array.dtype = *header->dtype;
  if (std::find(dtypes.begin(), dtypes.end(), array.dtype) == dtypes.end())
    refuse_path(path, rule + "; it has dtype '" + array.dtype + "'");
  if (*header->fortran_order)
    refuse_path(path, "must be in C order; it is in Fortran order: save numpy.ascontiguousarray of it");
  array.shape = *header->shape;
  std::size_t bytes = element_bytes(array.dtype);
  for (std::int64_t length : array.shape) {
    if (length > 0 && bytes > kMostElements / static_cast<std::size_t>(length))
      refuse_path(path, "is too large: " + array.shape_text());
    bytes *= static_cast<std::size_t>(length);
  }
  if (array.bytes.size() - start - size != bytes)
    refuse_path(path, "must have " + std::to_string(start + size + bytes) + " bytes, as its shape " +
                          array.shape_text() + " of '" + array.dtype + "' says; it has " +
                          std::to_string(array.bytes.size()));
  array.bytes.erase(array.bytes.begin(), array.bytes.begin() + static_cast<std::ptrdiff_t>(start + size));
  return array;
}

}  // namespace thimble
