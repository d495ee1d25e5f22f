#include "tests/fuzz/flat_spots.hpp"

#include <algorithm>
#include <cstring>

namespace thimble::test {
namespace {

constexpr std::size_t kMaxSpots = 4000;
constexpr int kMaxDepth = 8;
constexpr std::size_t kElements = 8;  ///< of a list that become spots

struct TableType;
struct Field {
  enum Kind { kScalar, kTable, kTables, kList } kind = kScalar;
  int size = 4;  ///< of a scalar, or of a list's elements
  const TableType* type = nullptr;
};
/// Fields by their number.
struct TableType {
  std::vector<Field> fields;
};

const TableType& model_type() {
  static const TableType options{std::vector<Field>(8)};
  static const TableType buffer{{{Field::kList, 1}}};
  static const TableType code{{{Field::kScalar, 1}, {Field::kList, 1}, {}, {}}};
  static const TableType quantization{
      {{Field::kList, 4}, {Field::kList, 4}, {Field::kList, 4}, {Field::kList, 8}, {Field::kScalar, 1}, {}, {}}};
  static const TableType tensor{
      {{Field::kList, 4}, {Field::kScalar, 1}, {}, {Field::kList, 1}, {Field::kTable, 4, &quantization}, {}, {}}};
  static const TableType op{
      {{}, {Field::kList, 4}, {Field::kList, 4}, {Field::kScalar, 1}, {Field::kTable, 4, &options}}};
  static const TableType subgraph{{{Field::kTables, 4, &tensor},
                                   {Field::kList, 4},
                                   {Field::kList, 4},
                                   {Field::kTables, 4, &op},
                                   {Field::kList, 1}}};
  static const TableType model{{{},
                                {Field::kTables, 4, &code},
                                {Field::kTables, 4, &subgraph},
                                {Field::kList, 1},
                                {Field::kTables, 4, &buffer}}};
  return model;
}

class Walker {
 public:
  explicit Walker(std::span<const std::uint8_t> file) : file_(file) {}

  std::vector<FlatSpot> walk() {
    follow(0, model_type(), 0);
    return std::move(spots_);
  }

 private:
  template <class T>
  bool read(std::size_t position, T& value) const {
    if (position > file_.size() || file_.size() - position < sizeof(T)) return false;
    std::memcpy(&value, file_.data() + position, sizeof(T));
    return true;
  }

  void spot(FlatSpot::Kind kind, std::size_t position, int size) {
    if (position + static_cast<std::size_t>(size) <= file_.size() && spots_.size() < kMaxSpots) {
      spots_.push_back({kind, position, size});
    }
  }

  /// An offset to a table.
  void follow(std::size_t position, const TableType& type, int depth) {
    std::uint32_t offset = 0;
    if (!read(position, offset)) return;
    spot(FlatSpot::Kind::kOffset, position, 4);
    table(position + offset, type, depth);
  }

  void table(std::size_t position, const TableType& type, int depth) {
    std::int32_t back = 0;
    if (depth > kMaxDepth || spots_.size() >= kMaxSpots || !read(position, back)) return;
    spot(FlatSpot::Kind::kOffset, position, 4);
    const std::size_t vtable = position - static_cast<std::size_t>(back);
    std::uint16_t bytes = 0;
    if (!read(vtable, bytes)) return;
    for (std::size_t i = 0; i < bytes && i < 32; i += 2) spot(FlatSpot::Kind::kVtable, vtable + i, 2);
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      std::uint16_t at = 0;
      if (6 + 2 * i > bytes || !read(vtable + 4 + 2 * i, at) || at == 0) continue;
      field(position + at, type.fields[i], depth);
    }
  }

  void field(std::size_t position, const Field& field, int depth) {
    if (field.kind == Field::kScalar) return spot(FlatSpot::Kind::kScalar, position, field.size);
    if (field.kind == Field::kTable) return follow(position, *field.type, depth + 1);
    spot(FlatSpot::Kind::kOffset, position, 4);
    std::uint32_t offset = 0, count = 0;
    if (!read(position, offset) || !read(position + offset, count)) return;
    const std::size_t list = position + offset;
    spot(FlatSpot::Kind::kLength, list, 4);
    const std::size_t limit = field.kind == Field::kTables ? 64 : kElements;
    for (std::size_t i = 0; i < std::min<std::size_t>(count, limit); ++i) {
      const std::size_t element = list + 4 + i * static_cast<std::size_t>(field.size);
      if (field.kind == Field::kTables) follow(element, *field.type, depth + 1);
      if (field.kind == Field::kList) spot(FlatSpot::Kind::kScalar, element, field.size);
    }
  }

  std::span<const std::uint8_t> file_;
  std::vector<FlatSpot> spots_;
};

}  // namespace

std::vector<FlatSpot> find_spots(std::span<const std::uint8_t> file) { return Walker(file).walk(); }

}  // namespace thimble::test
