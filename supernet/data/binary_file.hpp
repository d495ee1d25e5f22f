#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace thimble {

/// Builds the bytes of a file of ours: little-endian plain values, strings and vectors with their lengths.
class BinaryWriter {
 public:
  template <class T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  void put(std::string_view text) { put_array(text.data(), text.size()); }
  template <class T>
  void put(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    put_array(values.data(), values.size());
  }

  /// Writes magic, version, the bytes and their CRC to a temporary file beside PATH, flushes it to the disk and renames
  /// it to PATH, so that PATH is always a whole file.
  /// @error Error  with the path and the system's reason (disk full, no permission)
  void write_file(const std::string& path, std::string_view magic, std::uint32_t version) const;

 private:
  template <class T>
  void put_array(const T* values, std::size_t count) {
    put(static_cast<std::uint64_t>(count));
    if (count > 0) bytes_.append(reinterpret_cast<const char*>(values), count * sizeof(T));
  }
  std::string bytes_;
};

/// Reads back what BinaryWriter wrote.
class BinaryReader {
 public:
  /// @error Error  missing, not of this kind, another version, or damaged (wrong length or CRC)
  BinaryReader(const std::string& path, std::string_view magic, std::uint32_t version);

  template <class T>
  T get() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, take(sizeof(T)), sizeof(T));
    return value;
  }
  std::string get_text() {
    const std::size_t size = get<std::uint64_t>();
    return std::string(take(size), size);
  }
  template <class T>
  std::vector<T> get_vector() {
    const std::size_t count = get<std::uint64_t>();
    check_count(count, sizeof(T));
    std::vector<T> values(count);
    if (count > 0) std::memcpy(values.data(), take(count * sizeof(T)), count * sizeof(T));
    return values;
  }

 private:
  const char* take(std::size_t size);
  void check_count(std::size_t count, std::size_t element) const;
  std::string path_;
  std::string bytes_;
  std::size_t position_ = 0;
};

/// A list of lists of floats, e.g. one per parameter.
inline void write_all(BinaryWriter& writer, const std::vector<std::vector<float>>& lists) {
  writer.put(static_cast<std::uint64_t>(lists.size()));
  for (const std::vector<float>& values : lists) writer.put(values);
}
inline std::vector<std::vector<float>> read_all(BinaryReader& reader) {
  std::vector<std::vector<float>> lists;
  for (auto left = reader.get<std::uint64_t>(); left > 0; --left) lists.push_back(reader.get_vector<float>());
  return lists;
}

}  // namespace thimble
