#include "supernet/batches.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "graph/base/rng.hpp"
#include "supernet/data/resize.hpp"
#include "supernet/kernels/worker_pool.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kOrderStream = 0x0bde2;
constexpr std::uint64_t kAugmentStream = 0xa06;

/// out = in shifted by (dx, dy) with its border repeated, then mirrored.
void shift_and_flip(const std::uint8_t* in, int size, int channels, int dx, int dy, bool flip, std::uint8_t* out) {
  std::vector<int> columns;
  for (int x = 0; x < size; ++x) columns.push_back(std::clamp((flip ? size - 1 - x : x) + dx, 0, size - 1) * channels);
  for (int y = 0; y < size; ++y) {
    const std::uint8_t* row = in + static_cast<std::ptrdiff_t>(std::clamp(y + dy, 0, size - 1)) * size * channels;
    for (int column : columns)
      for (int c = 0; c < channels; ++c) *out++ = row[column + c];
  }
}

/// Contrast about mid-grey, then brightness, a little different for each channel.
void recolour(std::span<std::uint8_t> pixels, int channels, double most, Rng& rng) {
  const double contrast = rng.uniform(1 - most, 1 + most), brightness = 128 * rng.uniform(-most, most);
  std::vector<std::array<std::uint8_t, 256>> tables(static_cast<std::size_t>(channels));
  for (auto& table : tables) {
    const double offset = brightness + 64 * rng.uniform(-most, most);
    for (int v = 0; v < 256; ++v)
      table[static_cast<std::size_t>(v)] =
          static_cast<std::uint8_t>(std::clamp((v - 128) * contrast + 128.5 + offset, 0.0, 255.0));
  }
  for (auto pixel = pixels.begin(); pixel != pixels.end();)
    for (const auto& table : tables) {
      *pixel = table[*pixel];
      ++pixel;
    }
}

}  // namespace

BatchSource::BatchSource(const ImageSet& images, const TrainRecipe& recipe, std::uint64_t seed)
    : images_(images), recipe_(recipe), seed_(seed) {}

int BatchSource::picture(std::int64_t position) {
  const std::int64_t epoch = position / images_.count();
  if (epoch != epoch_) {
    order_.resize(static_cast<std::size_t>(images_.count()));
    std::iota(order_.begin(), order_.end(), 0);
    Rng({seed_, kOrderStream, static_cast<std::uint64_t>(epoch)}).shuffle(order_);
    epoch_ = epoch;
  }
  return order_[static_cast<std::size_t>(position % images_.count())];
}

Batch BatchSource::batch(int step, int resolution) {
  Batch batch{recipe_.batch, resolution, images_.channels, {}, {}};
  const auto bytes = static_cast<std::size_t>(resolution) * static_cast<std::size_t>(resolution * images_.channels);
  batch.pixels.resize(bytes * static_cast<std::size_t>(recipe_.batch));
  std::vector<int> pictures;
  for (int i = 0; i < recipe_.batch; ++i) {
    pictures.push_back(picture(static_cast<std::int64_t>(step) * recipe_.batch + i));
    batch.labels.push_back(images_.labels[static_cast<std::size_t>(pictures.back())]);
  }
  const Resizer resizer(images_.size, images_.size, images_.channels, resolution, resolution);
  for_chunks(recipe_.batch, [&](int i) { augment(step, i, pictures[static_cast<std::size_t>(i)], resizer, batch); });
  return batch;
}

void BatchSource::augment(int step, int place, int picture, const Resizer& resizer, Batch& batch) const {
  Rng rng({seed_, kAugmentStream, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(place)});
  const int crop = recipe_.crop_pixels, dx = rng.between(-crop, crop), dy = rng.between(-crop, crop);
  const bool flip = rng.chance(0.5) && recipe_.flip;
  std::vector<std::uint8_t> moved(images_.image_bytes());
  shift_and_flip(images_.image(picture).data(), images_.size, images_.channels, dx, dy, flip, moved.data());
  const auto bytes = static_cast<std::size_t>(batch.size) * static_cast<std::size_t>(batch.size * batch.channels);
  const std::span<std::uint8_t> out{batch.pixels.data() + static_cast<std::size_t>(place) * bytes, bytes};
  resizer(moved, out);
  if (recipe_.colour_jitter > 0) recolour(out, batch.channels, recipe_.colour_jitter, rng);
}

}  // namespace thimble
