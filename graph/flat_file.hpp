#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace thimble {

/// A table of a FlatBuffers file that nobody vouches for: every access is checked against the file's bounds.
///
/// Fields are named by their number in the schema. An absent field gives the default, an empty span, or nothing. The
/// bytes must outlive the table and start at a multiple of 8.
/// @error Error  thrown by every access that would leave the file: "corrupt: ..."
class FlatTable {
 public:
  /// The root table of a file with a four-letter identifier, e.g. "TFL3".
  static FlatTable root(std::span<const std::uint8_t> bytes, const char* identifier);

  std::int8_t int8(int field, std::int8_t fallback) const;
  std::int32_t int32(int field, std::int32_t fallback) const;
  std::uint32_t uint32(int field, std::uint32_t fallback) const;
  float float32(int field, float fallback) const;

  std::optional<FlatTable> table(int field) const;
  /// @error Error  also where there are more than `limit` tables or values: many tables of a small file may share one
  ///               long list
  std::vector<FlatTable> tables(int field, std::size_t limit = SIZE_MAX) const;
  std::vector<std::int32_t> int32s(int field, std::size_t limit = SIZE_MAX) const;
  std::vector<std::int64_t> int64s(int field) const;
  std::vector<float> floats(int field) const;
  std::span<const std::uint8_t> bytes(int field) const;
  /// Cut after `limit` characters.
  std::string text(int field, std::size_t limit) const;
  /// Number of values in a list, without copying them; 0 where it is absent.
  std::size_t count(int field, std::size_t element_size) const;

 private:
  FlatTable(std::span<const std::uint8_t> file, std::size_t position);
  std::size_t field_position(int field, std::size_t size) const;   ///< 0 where the field is absent
  std::size_t target_position(std::size_t offset_position) const;  ///< follows an offset
  std::span<const std::uint8_t> vector_bytes(int field, std::size_t element_size) const;
  template <class T>
  T scalar(int field, T fallback) const;
  template <class T>
  std::vector<T> scalars(int field) const;

  std::span<const std::uint8_t> file_;
  std::size_t position_ = 0;
};

}  // namespace thimble
