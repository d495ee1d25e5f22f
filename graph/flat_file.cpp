#include "graph/flat_file.hpp"

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <cstring>

#include "graph/base/error.hpp"

namespace thimble {
namespace {

flatbuffers::Verifier verifier_of(std::span<const std::uint8_t> file) { return {file.data(), file.size()}; }

void require(bool inside, const char* what) {
  if (!inside) throw Error(std::string("corrupt: ") + what + " outside the file");
}

/// FlatBuffers numbers fields; their slots in a table's index follow two sizes of 2 bytes.
flatbuffers::voffset_t slot_of(int field) { return static_cast<flatbuffers::voffset_t>(4 + 2 * field); }

}  // namespace

FlatTable::FlatTable(std::span<const std::uint8_t> file, std::size_t position) : file_(file), position_(position) {
  flatbuffers::Verifier verifier = verifier_of(file);
  require(verifier.VerifyTableStart(file.data() + position), "a table");
}

FlatTable FlatTable::root(std::span<const std::uint8_t> bytes, const char* identifier) {
  const bool sized = bytes.size() >= 16 && bytes.size() < FLATBUFFERS_MAX_BUFFER_SIZE;
  if (!sized || !flatbuffers::BufferHasIdentifier(bytes.data(), identifier)) {
    throw Error(std::string("is no file with the identifier ") + identifier);
  }
  const auto offset = verifier_of(bytes).VerifyOffset(0);
  require(offset != 0, "the root table");
  return {bytes, offset};
}

std::size_t FlatTable::field_position(int field, std::size_t size) const {
  const auto* table = reinterpret_cast<const flatbuffers::Table*>(file_.data() + position_);
  const auto offset = table->GetOptionalFieldOffset(slot_of(field));
  if (offset == 0) return 0;
  const std::size_t position = position_ + offset;
  const flatbuffers::Verifier verifier = verifier_of(file_);
  require(verifier.VerifyAlignment(position, size) && verifier.Verify(position, size), "a field");
  return position;
}

std::size_t FlatTable::target_position(std::size_t offset_position) const {
  const auto offset = verifier_of(file_).VerifyOffset(offset_position);
  require(offset != 0, "an offset");
  return offset_position + offset;
}

template <class T>
T FlatTable::scalar(int field, T fallback) const {
  const std::size_t position = field_position(field, sizeof(T));
  return position == 0 ? fallback : flatbuffers::ReadScalar<T>(file_.data() + position);
}

std::int8_t FlatTable::int8(int field, std::int8_t fallback) const { return scalar(field, fallback); }
std::int32_t FlatTable::int32(int field, std::int32_t fallback) const { return scalar(field, fallback); }
std::uint32_t FlatTable::uint32(int field, std::uint32_t fallback) const { return scalar(field, fallback); }
float FlatTable::float32(int field, float fallback) const { return scalar(field, fallback); }

std::optional<FlatTable> FlatTable::table(int field) const {
  const std::size_t position = field_position(field, sizeof(flatbuffers::uoffset_t));
  if (position == 0) return std::nullopt;
  return FlatTable(file_, target_position(position));
}

std::span<const std::uint8_t> FlatTable::vector_bytes(int field, std::size_t element_size) const {
  const std::size_t position = field_position(field, sizeof(flatbuffers::uoffset_t));
  if (position == 0) return {};
  const std::size_t vector = target_position(position);
  require(verifier_of(file_).VerifyVectorOrString(file_.data() + vector, element_size), "a vector");
  const auto count = flatbuffers::ReadScalar<flatbuffers::uoffset_t>(file_.data() + vector);
  return file_.subspan(vector + sizeof(flatbuffers::uoffset_t), count * element_size);
}

template <class T>
std::vector<T> FlatTable::scalars(int field) const {
  const std::span<const std::uint8_t> bytes = vector_bytes(field, sizeof(T));
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::vector<std::int32_t> FlatTable::int32s(int field, std::size_t limit) const {
  const std::size_t values = count(field, sizeof(std::int32_t));
  if (values > limit) throw Error("a list of " + std::to_string(values) + " values, at most " + std::to_string(limit));
  return scalars<std::int32_t>(field);
}
std::vector<std::int64_t> FlatTable::int64s(int field) const { return scalars<std::int64_t>(field); }
std::vector<float> FlatTable::floats(int field) const { return scalars<float>(field); }
std::span<const std::uint8_t> FlatTable::bytes(int field) const { return vector_bytes(field, 1); }

std::string FlatTable::text(int field, std::size_t limit) const {
  const std::span<const std::uint8_t> all = vector_bytes(field, 1);
  const std::span<const std::uint8_t> characters = all.first(std::min(all.size(), limit));
  return {characters.begin(), characters.end()};
}

std::size_t FlatTable::count(int field, std::size_t element_size) const {
  return vector_bytes(field, element_size).size() / element_size;
}

std::vector<FlatTable> FlatTable::tables(int field, std::size_t limit) const {
  const std::span<const std::uint8_t> offsets = vector_bytes(field, sizeof(flatbuffers::uoffset_t));
  const std::size_t values = offsets.size() / sizeof(flatbuffers::uoffset_t);
  if (values > limit) throw Error("a list of " + std::to_string(values) + " tables, at most " + std::to_string(limit));
  std::vector<FlatTable> tables;
  for (std::size_t i = 0; i < offsets.size(); i += sizeof(flatbuffers::uoffset_t)) {
    const auto position = static_cast<std::size_t>(offsets.data() - file_.data()) + i;
    tables.push_back(FlatTable(file_, target_position(position)));
  }
  return tables;
}

}  // namespace thimble
