#include "supernet/batches.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "graph/base/rng.hpp"
#include "supernet/data/picture_operations.hpp"
#include "supernet/data/resize.hpp"
#include "supernet/kernels/worker_pool.hpp"

namespace thimble {
namespace {

constexpr std::uint64_t kOrderStream = 0x0bde2;
constexpr std::uint64_t kAugmentStream = 0xa06;
constexpr std::uint64_t kMixupStream = 0x313c;

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

/// Beta(a, a) for a in (0, 1] (Joehnk's rejection).
double beta(double a, Rng& rng) {
  for (;;) {
    const double u = std::pow(rng.uniform(), 1 / a), v = std::pow(rng.uniform(), 1 / a);
    if (u + v > 0 && u + v <= 1) return u / (u + v);
  }
}

/// Every picture with `share` of the one as far from the other end of the batch.
void mix(Batch& batch, double share) {
  const std::size_t bytes = batch.pixels.size() / static_cast<std::size_t>(batch.count);
  const std::vector<std::uint8_t> pixels = batch.pixels;
  const auto weight = static_cast<int>(std::lround(256 * share));
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const std::size_t place = i / bytes, other = static_cast<std::size_t>(batch.count) - 1 - place;
    const int mixed = (256 - weight) * pixels[i] + weight * pixels[other * bytes + i % bytes];
    batch.pixels[i] = static_cast<std::uint8_t>((mixed + 128) >> 8);
  }
  batch.mixed = share;
  batch.mixed_labels.assign(batch.labels.rbegin(), batch.labels.rend());
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

Batch BatchSource::batch(int step, int resolution, int shard) {
  Batch batch;
  batch.count = recipe_.batch / recipe_.shards;
  const int first = shard * batch.count;  // of the whole batch
  batch.size = resolution;
  batch.channels = images_.channels;
  const auto bytes = static_cast<std::size_t>(resolution) * static_cast<std::size_t>(resolution * images_.channels);
  batch.pixels.resize(bytes * static_cast<std::size_t>(batch.count));
  std::vector<int> pictures;
  for (int i = 0; i < batch.count; ++i) {
    pictures.push_back(picture(static_cast<std::int64_t>(step) * recipe_.batch + first + i));
    batch.labels.push_back(images_.labels[static_cast<std::size_t>(pictures.back())]);
  }
  const Resizer resizer(images_.size, images_.size, images_.channels, resolution, resolution);
  for_chunks(batch.count,
             [&](int i) { augment(step, first, i, pictures[static_cast<std::size_t>(i)], resizer, batch); });
  if (recipe_.augmentation.mixup > 0) {
    Rng rng({seed_, kMixupStream, static_cast<std::uint64_t>(step)});
    mix(batch, beta(recipe_.augmentation.mixup, rng));
  }
  return batch;
}

void BatchSource::augment(int step, int first, int place, int picture, const Resizer& resizer, Batch& batch) const {
  const Augmentation& how = recipe_.augmentation;
  Rng rng({seed_, kAugmentStream, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(first + place)});
  const int dx = rng.between(-how.crop_pixels, how.crop_pixels), dy = rng.between(-how.crop_pixels, how.crop_pixels);
  const bool flip = rng.chance(0.5) && how.flip;
  Picture moved{images_.size, images_.channels, std::vector<std::uint8_t>(images_.image_bytes())};
  shift_and_flip(images_.image(picture).data(), images_.size, images_.channels, dx, dy, flip, moved.pixels.data());
  for (int i = 0; i < how.operations; ++i) random_operation(moved, how.magnitude, rng);
  if (how.erase > 0) erase_square(moved, how.erase, rng);
  const std::size_t bytes = batch.pixels.size() / static_cast<std::size_t>(batch.count);
  const std::span<std::uint8_t> out(batch.pixels.data() + static_cast<std::size_t>(place) * bytes, bytes);
  resizer(moved.pixels, out);
  if (how.colour_jitter > 0) recolour(out, batch.channels, how.colour_jitter, rng);
}

}  // namespace thimble
