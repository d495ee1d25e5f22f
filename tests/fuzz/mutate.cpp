#include "tests/fuzz/mutate.hpp"

#include <algorithm>
#include <cstring>

#include "tests/fuzz/flat_spots.hpp"

namespace thimble::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMaxBytes = 1 << 16;

/// Numbers at which readers break: ends of types, sizes of the file, small ones.
std::uint64_t tempting_number(const Bytes& file, Rng& rng) {
  switch (rng.between(0, 6)) {
    case 0:
      return rng.below(12);
    case 1:
      return ~std::uint64_t{0} - rng.below(4);
    case 2:
      return (std::uint64_t{1} << rng.between(0, 40)) - rng.below(3);
    case 3:
      return file.size() - std::min<std::uint64_t>(file.size(), rng.below(64));
    case 4:
      return 0x3f800000;  // 1.0f
    case 5:
      return rng.pick<std::uint64_t>({0x7f800000, 0x7fc00000, 0xff800000, 1, 0x80000000, 0x7fffffff});
    default:
      return rng.below(std::uint64_t{1} << 32);
  }
}

std::uint64_t number_at(const Bytes& file, const FlatSpot& spot) {
  std::uint64_t value = 0;
  std::memcpy(&value, file.data() + spot.position, static_cast<std::size_t>(spot.size));
  return value;
}

void set_number(Bytes& file, const FlatSpot& spot, std::uint64_t value) {
  std::memcpy(file.data() + spot.position, &value, static_cast<std::size_t>(spot.size));
}

/// Lets an offset point to where another one does: shared tables, cycles, tables of another type.
void redirect(Bytes& file, const FlatSpot& spot, const std::vector<FlatSpot>& spots, Rng& rng) {
  const FlatSpot& other = spots[rng.below(spots.size())];
  const std::uint64_t target = other.kind == FlatSpot::Kind::kOffset ? other.position + number_at(file, other)
                                                                     : other.position & ~std::size_t{3};
  set_number(file, spot, target - spot.position);
}

void change_spot(Bytes& file, Rng& rng) {
  const std::vector<FlatSpot> spots = find_spots(file);
  if (spots.empty()) return;
  const FlatSpot spot = spots[rng.below(spots.size())];
  if (spot.kind == FlatSpot::Kind::kOffset && rng.chance(0.6)) return redirect(file, spot, spots, rng);
  if (rng.chance(0.4)) {
    const auto step = static_cast<std::uint64_t>(rng.between(-8, 8));
    return set_number(file, spot, number_at(file, spot) + step);
  }
  if (rng.chance(0.2)) {
    const FlatSpot& other = spots[rng.below(spots.size())];
    return set_number(file, spot, number_at(file, other));
  }
  set_number(file, spot, tempting_number(file, rng));
}

void change_anywhere(Bytes& file, Rng& rng) {
  const std::size_t at = rng.below(file.size());
  switch (rng.between(0, 4)) {
    case 0:
      file[at] = static_cast<std::uint8_t>(rng.below(256));
      return;
    case 1:
      file[at] ^= static_cast<std::uint8_t>(1U << rng.below(8));
      return;
    case 2:
      file.resize(at);
      return;
    case 3: {
      const std::size_t count = std::min<std::size_t>(rng.below(64), file.size() - at);
      const Bytes piece(file.begin() + static_cast<std::ptrdiff_t>(at),
                        file.begin() + static_cast<std::ptrdiff_t>(at + count));
      const std::size_t to = rng.below(file.size() - count + 1);
      std::copy(piece.begin(), piece.end(), file.begin() + static_cast<std::ptrdiff_t>(to));
      return;
    }
    default: {
      const Bytes room(4 * rng.below(64), static_cast<std::uint8_t>(rng.below(256)));
      if (file.size() < kMaxBytes) file.insert(file.end(), room.begin(), room.end());
    }
  }
}

}  // namespace

Bytes mutate(const Bytes& file, Rng& rng) {
  Bytes mutant = file;
  const int changes = rng.chance(0.5) ? 1 : rng.between(2, 6);
  for (int i = 0; i < changes; ++i) {
    if (rng.chance(0.85)) {
      change_spot(mutant, rng);
    } else if (!mutant.empty()) {
      change_anywhere(mutant, rng);
    }
  }
  return mutant;
}

}  // namespace thimble::test
